import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { McpConsentOptions } from '../../../src/mcp/consent.ts';
import type { TrustOptions } from '../../../src/signIn/trust.ts';

import '../../standIns/editor/useEditorStandIn.ts';

const standIn = await import('../../standIns/editor/vscode.ts');
const { askForConsent, askToUnlock } = await import('../../../terminals/src/editor/question.ts');

const repository = join(import.meta.dirname, '..', '..', '..');

/** The files of both extensions in which something matches. */
const matching = (pattern: RegExp): string[] =>
  globSync(['src/**/*.ts', 'terminals/src/**/*.ts'], { cwd: repository })
    .filter(file => pattern.test(readFileSync(join(repository, file), 'utf8')))
    .map(file => file.replaceAll('\\', '/'))
    .sort();

describe('agreement to something secret going somewhere', () => {
  it('is of a type of its own: what a list or a message answers is none', () => {
    const chosen = (): Promise<boolean> => Promise.resolve(true);
    // @ts-expect-error a provider
    const trust: TrustOptions['ask'] = chosen;
    // @ts-expect-error an MCP server
    const consent: McpConsentOptions['ask'] = chosen;
    assert.notEqual(trust, undefined);
    assert.notEqual(consent, undefined);
  });

  it('is made in one place, which asks in a modal dialog and in nothing else', () => {
    assert.deepEqual(matching(/\bas (?:unknown as )?Yes\b/), ['src/ui/consent.ts']);
    const text = readFileSync(join(repository, 'src', 'ui', 'consent.ts'), 'utf8');
    const calls = [...text.matchAll(/window\s*\.\s*(show\w+|create\w+)/g)].map(([, name]) => name);
    assert.deepEqual(calls, ['showTextDocument']);
    assert.match(text, /showDialog\(message, detail, review, \.\.\.buttons\)/);
  });

  it('is never what Enter says, which presses the first button of a dialog that opens while the user types', async () => {
    const shown = { window: { ...standIn.window } };
    const asked: string[][] = [];
    Object.assign(standIn.window, {
      showWarningMessage: (_message: string, { modal }: { modal?: boolean }, ...buttons: string[]) => {
        assert.equal(modal, true);
        asked.push(buttons);
        return Promise.resolve(buttons[0]);
      },
    });
    try {
      assert.equal(await askForConsent({ scopes: ['a'], name: 'company' } as never, 'alice'), 'no');
      assert.equal(await askToUnlock(), false);
    } finally {
      Object.assign(standIn.window, shown.window);
    }
    assert.deepEqual(
      asked.map(([first]) => first),
      ['No', 'No'],
    );
    // All dialogs are opened by one function, whose callers name the button that agrees to nothing.
    assert.deepEqual(matching(/\bmodal\b *:/), ['src/ui/dialog.ts']);
    const harmless = matching(/\bshowDialog\(/).flatMap(file =>
      [...readFileSync(join(repository, file), 'utf8').matchAll(/\bshowDialog\(([^;]+);/g)].map(
        ([, call = '']) => /\bdetail,\s*(l10n\.t\('No'\)|review)/.exec(call)?.[1] ?? `${file}: ${call}`,
      ),
    );
    assert.deepEqual([...new Set(harmless)].sort(), ["l10n.t('No')", 'review']);
    assert.equal(harmless.length, 5);
  });

  it('is taken without a question from nobody but who has just typed the provider in', () => {
    assert.deepEqual(matching(/\btrust\.accept\(/), ['src/ui/signIn/newProviders.ts']);
  });

  it('is asked for by everything that needs it, and by nothing else of their own', () => {
    assert.deepEqual(matching(/\baskConsent\(/), [
      'src/mcp/consentQuestion.ts',
      'src/ui/consent.ts',
      'src/ui/signIn/questions/accountQuestions.ts',
      'src/ui/signIn/questions/trustQuestion.ts',
    ]);
  });
});
