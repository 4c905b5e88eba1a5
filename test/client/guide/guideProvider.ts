/** How tests start the provider, in docs/extension-authors.md: compiled with everything else, and run by test/endToEnd/guide.test.ts. */
// #region provider
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface TestProvider {
  readonly issuer: string;
  /** For the `settings.json` of the editor. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly api: string;
  readonly webSocket: string;
  stop(): void;
}

/**
 * @param folder that of your extension.
 * @param options such as `--token-lifetime=30`.
 */
export async function startProvider(folder: string, ...options: string[]): Promise<TestProvider> {
  const program = join(folder, 'node_modules', 'oidc-test-provider', 'provider.cjs');
  const child = spawn(process.execPath, [program, '--json', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const provided = JSON.parse(line) as Omit<TestProvider, 'stop'>;
    return { ...provided, stop: () => child.stdin.end() };
  }
  throw new Error("The provider didn't start.");
}
// #endregion
