import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describeFinds, findSecrets } from '../../canaries/canaries.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { findNotification } from '../hiddenMessages.ts';

/** How long the document may take to be drawn, in milliseconds, before it is opened anew. */
const drawn = 10_000;

describe('the activity of the sign-ins, as a person reads it', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;
  const secrets = new Map<string, string>();

  before(async () => {
    stage = await openStage({ faults: true });
    const { token, authorization } = stage.identityProvider.endpoints;
    const body = (text: string): string => {
      for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>))
        if (name.endsWith('_token') && typeof value === 'string') secrets.set(value, name);
      return text;
    };
    stage.faults?.on(token, { kind: 'replace', body }, { sticky: true });
    window = await stage.openWindow(await stage.newPerson());
    await signInOnPage(await openSignInOf(), people.alice);
    await findNotification(window, new RegExp(`^Signed in to ${providerLabel} as alice\\.`));
    assert.ok(stage.identityProvider.requestsTo(authorization).length > 0);
  });
  after(() => stage?.close());

  /** There is one provider: nobody is asked which. */
  async function openSignInOf() {
    const opened = window.nextPage();
    await window.runCommand('OIDC: Sign In');
    return opened;
  }

  const tokenRequests = () => stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token);

  /** The lines of the document, the latest first, when it has as many entries as that. */
  async function shown(entries: number): Promise<string[]> {
    const there = async () =>
      `${entries} entries in the document; there are:\n${(await entriesDrawn()).join('\n')}`;
    return waitFor(there, async () => {
      // It is shown as it was then, and drawn a while later.
      await window.runCommand('OIDC: Show Activity');
      await window.acceptDialog('Show Activity');
      for (const end = Date.now() + drawn; Date.now() < end;) {
        const found = await entriesDrawn();
        if (found.length === entries) return found;
        await window.page.waitForTimeout(100);
      }
      return undefined;
    });
  }

  /** Read in one go: a line that is drawn anew has no place for a moment. */
  async function entriesDrawn(): Promise<string[]> {
    const texts = await window.page.locator('.editor-instance .view-line').evaluateAll(lines =>
      lines
        .map(line => ({
          top: line.getBoundingClientRect().top,
          text: (line.textContent ?? '').replace(/\u00a0/g, ' ').trimEnd(),
        }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text),
    );
    return texts.filter(text => /^\d{4}-/.test(text));
  }

  const scopes = ['openid', 'profile', 'email', 'offline_access'];

  /** A line that says when, what, where, who and for what. */
  const sentence = (event: string): RegExp =>
    new RegExp(
      `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ +${event} +${providerLabel} / alice \\[${scopes.join(' ')}\\]`,
    );

  it('begins with the sign-in', async () => {
    const lines = await shown(1);
    assert.match(lines[0] ?? '', sentence('sign-in'));
  });

  it('goes on with what became of it, and with why', async () => {
    const { token } = stage.identityProvider.endpoints;
    await window.runCommand('OIDC: Refresh Now');
    await waitFor('a refresh', () => Promise.resolve(tokenRequests().length === 2));
    const renewing = /^Couldn’t refresh alice \(Company\)/;
    stage.faults?.heal();
    stage.faults?.on(token, { kind: 'status', status: 503 });
    await window.runCommand('OIDC: Refresh Now');
    await findNotification(window, renewing);
    await window.clearNotifications();
    await window.chooseAccountAction(/^alice/, 'Sign Out');
    await window.acceptDialog('Sign Out');
    const lines = await shown(5);
    await window.screenshot('activity');
    for (const [at, event] of ['revocation', 'sign-out', 'failure', 'refresh', 'sign-in'].entries())
      assert.match(lines[at] ?? '', sentence(event));
    assert.match(lines[2] ?? '', / — .* has a problem \(HTTP 503\)\. Try again later\.$/);
  });

  it('can be exported, an entry a line, and holds no secret', async () => {
    await window.runCommand('OIDC: Export Activity');
    await window.acceptDialog('Export');
    const { value: file } = await window.quickInput.read(undefined, ({ value }) =>
      value.endsWith('/workspace/sign-in-activity.jsonl'),
    );
    await window.screenshot('activity-export');
    // While the dialog looks around in the folder, it does not hear the key.
    await waitFor('the dialog to close', async () => {
      if (await window.quickInput.isOpen()) await window.page.keyboard.press('Enter');
      return !(await window.quickInput.isOpen());
    });
    const text = await waitFor('the whole file', async () => {
      const written = await readFile(file, 'utf8').catch(() => '');
      return written.split('\n').length > 5 && written;
    });
    const entries = text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      entries.map(({ event, provider, account }) => [event, provider, account]),
      ['sign-in', 'refresh', 'failure', 'sign-out', 'revocation'].map(event => [event, 'oidc', 'alice']),
    );
    for (const { at, scopes: ofEntry } of entries) {
      assert.ok(Math.abs(Number(at) * 1000 - Date.now()) < 180_000, 'in seconds since the epoch');
      assert.deepEqual(ofEntry, scopes);
    }

    for (const { body } of tokenRequests())
      for (const name of ['code', 'code_verifier', 'refresh_token'])
        if (typeof body[name] === 'string') secrets.set(body[name], name);
    assert.ok(secrets.size >= 6, [...secrets.values()].join(' '));
    const document = (await shown(5)).join('\n');
    const found = findSecrets(secrets, [
      { where: 'the document', text: document },
      { where: 'the file', text },
    ]);
    assert.equal(describeFinds(found), '');
  });
});
