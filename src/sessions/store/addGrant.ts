import type { Account, Grant } from '../grant/grant.ts';
import type { GrantCache } from './grantCache.ts';
import { plainScopes } from '../grant/pseudoScopes.ts';
import { revisionOfSignIn } from '../grant/revisions.ts';
import { covers, isSameSet, union } from '../grant/scopes.ts';
import { uniqueLabel } from '../grant/sessions.ts';
import { belongsTo, type ProviderIdentity } from '../../providers/entries/origin.ts';

export interface Added {
  readonly grant: Grant;
  readonly stored: boolean;
}

/**
 * Adds the grant of a finished sign-in, in the place of the account's earlier one if it can replace that, otherwise in
 * addition to it. The same sign-in twice has the effect of one. A storage that fails, or takes long, doesn't cost the
 * sign-in: then only the grants in memory are known.
 */
export async function addGrant(
  cache: GrantCache,
  provider: ProviderIdentity,
  signedIn: Grant,
): Promise<Added> {
  const listed = await cache.inTime(cache.ofProvider(provider.id)).catch(() => cache.known());
  const grants = listed.filter(grant => belongsTo(grant, provider));
  const added = await takeOver(cache, grants, signedIn);
  // A user who signs in on their own can be asked again.
  if (!signedIn.asked) {
    for (const { id, account, asked } of grants)
      if (asked && account.id === signedIn.account.id)
        void cache.update(id, grant => ({ ...grant, asked: undefined }));
  }
  return added;
}

async function takeOver(cache: GrantCache, grants: readonly Grant[], signedIn: Grant): Promise<Added> {
  const already = grants.find(
    grant =>
      grant.account.id === signedIn.account.id &&
      // It might have been refreshed since: a leader that went away in the middle could have added it.
      (grant.id === signedIn.id || grant.addedAs === signedIn.id || bringsNothing(signedIn, grant)),
  );
  if (already) return { grant: already, stored: await cache.put(already) };

  const alternatives = ['email', 'name'].map(name => signedIn.claims[name]).filter(isText);
  const others = grants.map(grant => grant.account);
  const account: Account = {
    id: signedIn.account.id,
    label: uniqueLabel(signedIn.account, alternatives, others),
  };
  const replaceable = grants.filter(grant => grant.account.id === account.id && canReplace(signedIn, grant));
  const old = replaceable.find(grant => hasSameToken(signedIn, grant)) ?? replaceable[0];
  const replaced =
    old && (await cache.update(old.id, current => replacing(current, { ...signedIn, account })));
  if (replaced) return replaced;
  const grant = { ...signedIn, account };
  return { grant, stored: await cache.put(grant) };
}

const hasSameToken = (signedIn: Grant, old: Grant): boolean =>
  old.tokens.accessToken.reveal() === signedIn.tokens.accessToken.reveal();

/** True if the new grant is the old one again. Servers can respond to a new sign-in with the same access token. */
function bringsNothing(signedIn: Grant, old: Grant): boolean {
  const { refreshToken } = signedIn.tokens;
  return (
    hasSameToken(signedIn, old) &&
    (refreshToken === undefined || refreshToken.reveal() === old.tokens.refreshToken?.reveal()) &&
    signedIn.sessions.every(asked => old.sessions.some(scopes => isSameSet(asked, scopes))) &&
    covers(old.grantedScopes, signedIn.grantedScopes) &&
    old.signInNeeded === undefined
  );
}

/** True if the new grant can serve all that the account's old one served. Otherwise both stay: nothing is lost. */
const canReplace = (signedIn: Grant, old: Grant): boolean =>
  isSameSet(signedIn.target, old.target) &&
  // Two grants with one token would end each other.
  (hasSameToken(signedIn, old) ||
    (covers(signedIn.resources, old.resources) &&
      old.sessions.every(
        scopes =>
          covers(signedIn.grantedScopes, plainScopes(scopes)) ||
          signedIn.sessions.some(asked => isSameSet(asked, scopes)),
      )));

/** The new grant in the place of the account's old one: its sessions keep their ids. */
function replacing(old: Grant, signedIn: Grant): Grant {
  const kept = old.sessions.filter(scopes => !signedIn.sessions.some(asked => isSameSet(asked, scopes)));
  const { tokens } = signedIn;
  const isSame = hasSameToken(signedIn, old);
  return {
    ...signedIn,
    addedAs: signedIn.id,
    revision: revisionOfSignIn(old.revision),
    sessions: [...signedIn.sessions, ...kept],
    // What a token could be used for, it still can be: some servers tell only what was asked for this time.
    grantedScopes: isSame ? union(signedIn.grantedScopes, old.grantedScopes) : signedIn.grantedScopes,
    resources: isSame ? union(signedIn.resources, old.resources) : signedIn.resources,
    tokens: {
      ...tokens,
      refreshToken: tokens.refreshToken ?? (isSame ? old.tokens.refreshToken : undefined),
      serial: old.tokens.serial + 1,
    },
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
