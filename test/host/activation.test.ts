import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually } from '../editor/workbench/waiting.ts';
import { activeExtension, consumer, consumerId, extensionId, menuEntry, silently } from './editor.ts';
import { logFiles, messages } from './outside.ts';

/** VS Code's own record of what it did when, on the global object of an extension host. */
interface Marks {
  readonly MonacoPerformanceMarks?: { getMarks(): { readonly name: string; readonly startTime: number }[] };
}

describe('an editor that has started, with a provider that cannot be reached', () => {
  it('has activated the extension, and says how long that took', async () => {
    const extension = await activeExtension();
    assert.equal(extension.isActive, true);
    const marks = (globalThis as Marks).MonacoPerformanceMarks?.getMarks() ?? [];
    const at = (what: string) => marks.find(({ name }) => name === `code/extHost/${what}/${extensionId}`);
    const between = (from: string, to: string) => {
      const [start, end] = [at(from)?.startTime, at(to)?.startTime];
      return start === undefined || end === undefined ? '(not recorded)' : `${Math.round(end - start)} ms`;
    };
    console.log(
      `      loading took ${between('willLoadExtensionCode', 'didLoadExtensionCode')}, ` +
        `activating ${between('willActivateExtension', 'didActivateExtension')}`,
    );
  });

  it('knows the provider by its id, and answers that nobody is signed in', async () => {
    assert.deepEqual(await vscode.authentication.getAccounts('oidc'), []);
    assert.equal(await silently('oidc', []), undefined);
    assert.equal(await silently('oidc', ['openid']), undefined);
  });

  it('offers the consumer, which has asked at its start, to sign in', async () => {
    await consumer();
    assert.match(await menuEntry('oidc', consumerId), /^oidc:example-consumer\.consumer:signIn\d+$/);
  });

  it('has disturbed nobody', async () => {
    await eventually(async () => assert.deepEqual(await messages(), []));
  });

  it('offers its commands in the palette', async () => {
    const contributed = (await activeExtension()).packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const commands = new Set(await vscode.commands.getCommands(true));
    const missing = contributed.contributes.commands.filter(({ command }) => !commands.has(command));
    assert.deepEqual(missing, []);
  });

  it('writes what it has registered to its log, which has a place among the output channels', async () => {
    await eventually(async () => {
      const [log] = [...(await logFiles())].filter(([file]) => file.includes(extensionId));
      assert.ok(log, 'the extension has a log file');
      assert.match(log[0], /OpenID Connect Authentication\.log$/);
      assert.match(log[1], /provider registered provider=oidc label=Unreachable/);
    });
  });

  it('keeps its commands, settings and providers in step with the manifest', async () => {
    const extension = await activeExtension();
    const { contributes } = extension.packageJSON as {
      contributes: {
        authentication: { id: string; label: string }[];
        configuration: { properties: Record<string, { default: unknown; scope: string }> };
      };
    };
    assert.deepEqual(contributes.authentication, [{ id: 'oidc', label: 'OpenID Connect' }]);
    for (const [name, { default: value, scope }] of Object.entries(contributes.configuration.properties)) {
      const inspected = vscode.workspace.getConfiguration().inspect(name);
      assert.deepEqual(inspected?.defaultValue, value, name);
      assert.equal(scope, 'application', `${name}: a workspace must not set it`);
    }
  });
});
