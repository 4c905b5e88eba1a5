import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { activate } from '../../terminals/src/extension.ts';

const extensionId = 'vscode-oidc.oidc-terminals';

describe('the extension for terminals', () => {
  it('starts with a window, and offers its commands', async () => {
    const extension = vscode.extensions.getExtension<Awaited<ReturnType<typeof activate>>>(extensionId);
    assert.ok(extension, `${extensionId} is installed`);
    await extension.activate();
    const { contributes } = extension.packageJSON as { contributes: { commands: { command: string }[] } };
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributes.commands.filter(({ command }) => !known.has(command)),
      [],
    );
  });
});
