import { dirname, join } from 'node:path';
import { installCodeServer } from '../../editor/install/codeServerInstall.ts';

export interface BuiltInExtension {
  readonly id: string;
  /** The file that the editor loads to start it. */
  readonly main: string;
}

/** The extensions that VS Code brings for signing in. */
export async function builtInExtensions(): Promise<{
  github: BuiltInExtension;
  microsoft: BuiltInExtension;
}> {
  const { vscodeServer } = await installCodeServer();
  const extension = (name: string): BuiltInExtension => ({
    id: `vscode.${name}`,
    main: join(dirname(dirname(vscodeServer)), 'extensions', name, 'dist', 'extension.js'),
  });
  return { github: extension('github-authentication'), microsoft: extension('microsoft-authentication') };
}
