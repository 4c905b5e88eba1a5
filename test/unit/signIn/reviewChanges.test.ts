import assert from 'node:assert/strict';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { keptGrants } from '../sessions/cachedGrants.ts';
import { changedProvider, someGrant, someProvider, start } from '../sessions/someGrant.ts';

const { window } = await import('../../standIns/editor/vscode.ts');
const { reviewChanges } = await import('../../../src/ui/signIn/changedTerms.ts');

const metadata = {
  issuer: someProvider.issuer,
  authorization_endpoint: `${someProvider.issuer}/authorize`,
  token_endpoint: `${someProvider.issuer}/token`,
};

describe('the review of what has changed', () => {
  const own = { ...window };
  afterEach(() => void Object.assign(window, own));

  /** A sign-in that waits, and an id that two bring. The list is always answered: every extension can do that. */
  async function waiting(agrees: boolean) {
    const clock = manualClock(start * 1000);
    const { cache, log } = keptGrants({ clock, answer: () => assert.fail('nothing is refreshed') });
    const grant = someGrant();
    await cache.put({ ...grant, binding: { ...grant.binding, terms: someProvider.terms } });
    const changed = changedProvider({ trustedAudiences: ['https://other.example'] });
    const other = { ...changedProvider({ contributedBy: 'a.b' }), id: 'acme' };
    const providers = createConfiguredProviders();
    const candidates = [other, { ...other, contributedBy: 'c.d' }];
    providers.update([changed], [{ id: 'acme', candidates, used: undefined }]);
    const steps: string[] = [];
    Object.assign(window, { showQuickPick: (items: readonly object[]) => Promise.resolve(items[0]) });
    const fetch = () => Promise.resolve(Response.json(metadata));
    const httpContext = createHttpContext({ fetch, clock, log });
    const check = ({ id, issuer }: { id: string; issuer: string }) => {
      steps.push(`asks about ${id}`);
      return Promise.resolve(agrees && consentTo(issuer));
    };
    const trust = { check } as never;
    const readSettings = () => Promise.resolve(void steps.push('reads the settings'));
    await reviewChanges({ providers, cache, httpContext, trust, log, readSettings });
    const terms = (await cache.get(grant.id))?.binding.terms;
    return { steps, isReleased: terms === changed.terms };
  }

  it('releases no sign-in and chooses no source without the user’s yes to the dialog', async () => {
    const steps = ['reads the settings', 'asks about acme', 'asks about oidc'];
    assert.deepEqual(await waiting(false), { steps, isReleased: false });
  });

  it('does both with it', async () => {
    const steps = ['reads the settings', 'asks about acme', 'reads the settings', 'asks about oidc'];
    assert.deepEqual(await waiting(true), { steps, isReleased: true });
  });
});
