/** What our agent and a user's own one know together: pure. Ours comes first, and wins where names are equal. */
import type { AgentResponse } from './requests.ts';

/** An issuer, as oidc-agent describes it: whether it has a public client, and whether each account is loaded. */
export interface IssuerDetails {
  readonly pubclient: boolean;
  readonly accounts: Readonly<Record<string, boolean>>;
}

const infoOf = (theirs: AgentResponse | undefined): unknown =>
  theirs?.status === 'success' ? theirs['info'] : undefined;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of accounts, each once. */
export function mergedNames(own: readonly string[], theirs: AgentResponse | undefined): readonly string[] {
  const info = infoOf(theirs);
  const others: readonly unknown[] = Array.isArray(info) ? info : [];
  return [...new Set([...own, ...others.filter(name => typeof name === 'string')])];
}

/** Accounts by issuer. An issuer is the same with and without a slash at its end, which oidc-agent adds. */
export function mergedDetails(
  own: Readonly<Record<string, IssuerDetails>>,
  theirs: AgentResponse | undefined,
): Readonly<Record<string, IssuerDetails>> {
  const info = infoOf(theirs);
  const merged: Record<string, IssuerDetails> = { ...own };
  for (const [issuer, details] of isObject(info) ? Object.entries(info) : []) {
    if (!isObject(details)) continue;
    const plain = issuer.replace(/\/$/, '');
    const same = Object.keys(own).find(other => other.replace(/\/$/, '') === plain) ?? issuer;
    const theirAccounts = isObject(details['accounts']) ? details['accounts'] : {};
    const loaded = Object.entries(theirAccounts).map(([name, isLoaded]) => [name, isLoaded === true]);
    merged[same] = {
      pubclient: details['pubclient'] === true,
      accounts: { ...(Object.fromEntries(loaded) as Record<string, boolean>), ...own[same]?.accounts },
    };
  }
  return merged;
}
