import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { McpConsentOptions } from '../../../src/mcp/consent.ts';
import type { TrustOptions } from '../../../src/signIn/trust.ts';

const sources = join(import.meta.dirname, '..', '..', '..', 'src');

/** The files of the sources in which something matches. */
const matching = (pattern: RegExp): string[] =>
  globSync('**/*.ts', { cwd: sources })
    .filter(file => pattern.test(readFileSync(join(sources, file), 'utf8')))
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
    assert.deepEqual(matching(/\bas (?:unknown as )?Yes\b/), ['ui/consent.ts']);
    const text = readFileSync(join(sources, 'ui', 'consent.ts'), 'utf8');
    const calls = [...text.matchAll(/window\s*\.\s*(show\w+|create\w+)/g)].map(([, name]) => name);
    assert.deepEqual(calls, ['showWarningMessage', 'showTextDocument']);
    assert.match(text, /showWarningMessage\(message, \{ modal: true, detail \}/);
  });

  it('is taken without a question from nobody but who has just typed the provider in', () => {
    assert.deepEqual(matching(/\btrust\.accept\(/), ['ui/signIn/newProviders.ts']);
  });

  it('is asked for by everything that needs it, and by nothing else of their own', () => {
    assert.deepEqual(matching(/\baskConsent\(/), [
      'mcp/consentQuestion.ts',
      'ui/consent.ts',
      'ui/signIn/questions/accountQuestions.ts',
      'ui/signIn/questions/trustQuestion.ts',
    ]);
  });
});
