import { joined, l10n, labelOf, nothing, shown, type Shown } from '../../platform/shown.ts';
import { timeInWords } from '../../platform/language.ts';
import type { ContestedId } from '../../providers/entries/contested.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Withheld } from '../../protocol/server/sendings.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { notGranted } from '../../sessions/grant/sessions.ts';
import { normaliseScopes, sessionId } from '../../sessions/grant/scopes.ts';
import { belongsTo, waitsForAnswer } from '../../providers/entries/origin.ts';
import type { Memory } from '../../sessions/grant/memory.ts';
import { byUrgency, describeClock, describeState, stateOf, type SignInState } from './state.ts';

/** What the view shows, at one moment. */
export interface Drawn {
  readonly providers: readonly Provider[];
  readonly contested: readonly ContestedId[];
  /** Newest first. */
  readonly grants: readonly Grant[];
  memory(grantId: string): Memory;
  /** The endpoints to which nothing is sent, because the user hasn't agreed to their current hosts. */
  withheld?(grantId: string): readonly Withheld[];
  /** In seconds since the epoch. */
  readonly now: number;
}

/** What a command that is started on a row is about. */
export interface RowTarget {
  readonly providerId: string;
  readonly account?: { readonly id: string; readonly label: string };
  /** The scopes of the session. */
  readonly scopes?: readonly string[];
  /** The grants that the row shows, the one that needs attention most first. */
  readonly grantIds?: readonly string[];
}

/** A line of the tree, without the editor that draws it. */
export interface Row extends RowTarget {
  readonly kind: 'provider' | 'account' | 'session' | 'sign-in' | 'waiting' | 'unused';
  /** Stays the same for as long as the thing it shows is there. */
  readonly id: string;
  readonly label: Shown;
  readonly description: Shown;
  readonly tooltip: Shown;
  /** What a screen reader says. */
  readonly spoken: Shown;
  readonly state?: SignInState['kind'];
  /** When its words are no longer true, in seconds since the epoch. */
  readonly changesAt?: number | undefined;
  readonly children: readonly Row[];
}

/** The rows of the view: provider, account, session, and unused sources of a provider ID. */
export const rowsOf = (drawn: Drawn): Row[] => [
  ...drawn.providers.map(provider => providerRow(drawn, provider)),
  ...drawn.contested.flatMap(contested => (contested.used ? [] : unusedRows(contested))),
];

/** Rows of the other sources of an ID, which aren't used. */
const unusedRows = ({ id, candidates, used }: ContestedId): Row[] =>
  candidates
    .filter(candidate => candidate !== used)
    .map(({ label, issuer, contributedBy }) => {
      const from =
        contributedBy === undefined
          ? l10n.t('from your settings')
          : l10n.t('from the extension {0}', contributedBy);
      const description = l10n.t('{0}, not used', from);
      const why = used
        ? l10n.t('You agreed to another provider with the ID “{0}”.', id)
        : l10n.t('Several providers have the ID “{0}”. Choose one.', id);
      return {
        kind: 'unused',
        id: JSON.stringify([id, 'unused', contributedBy]),
        providerId: id,
        label,
        description,
        tooltip: textOf([label, l10n.t('Issuer: {0}', issuer), why]),
        spoken: spokenOf([label, l10n.t('identity provider'), description]),
        children: [],
      };
    });

/** When the first of these rows, or of those below them, is no longer true. */
export function nextChange(rows: readonly Row[]): number | undefined {
  const times = rows.flatMap(row => [row.changesAt, nextChange(row.children)]);
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);
}

function providerRow(drawn: Drawn, provider: Provider): Row {
  const { id: providerId, label, issuer, clientId, contributedBy } = provider;
  const grants = drawn.grants.filter(grant => belongsTo(grant, provider));
  const judged = grants.map(grant => ({
    grant,
    state: stateOf(grant, provider, drawn.memory(grant.id), drawn.now),
  }));
  const accounts = Map.groupBy(judged, ({ grant }) => grant.account.id);
  const rows = [...accounts.values()].flatMap(ofAccount => accountRows(drawn, provider, ofAccount));
  const waiting = waitingRows(drawn, provider);
  const unused = drawn.contested.filter(({ id }) => id === providerId).flatMap(unusedRows);
  const [newest] = grants;
  const clock = newest && describeClock(newest);
  const description =
    rows.length + waiting.length === 0
      ? l10n.t('not signed in')
      : clock === undefined
        ? nothing
        : l10n.t('clock differs by {0}', clock);
  const lines = [
    l10n.t('Issuer: {0}', issuer),
    clientId === undefined
      ? l10n.t('This editor registers itself as a client.')
      : l10n.t('Client ID: {0}', clientId),
    contributedBy === undefined ? undefined : l10n.t('Provided by the extension {0}.', contributedBy),
    clock === undefined
      ? undefined
      : l10n.t(
          'This computer’s clock and {1}’s differ by {0}. Tokens are checked against {1}’s clock.',
          clock,
          label,
        ),
  ];
  return {
    kind: 'provider',
    id: JSON.stringify([providerId]),
    providerId,
    label,
    description,
    tooltip: textOf([label, ...lines]),
    spoken: spokenOf([label, l10n.t('identity provider'), description]),
    children: [...(rows.length + waiting.length > 0 ? rows : [signInRow(provider)]), ...waiting, ...unused],
  };
}

/** The accounts whose sign-ins need review, because the user hasn't agreed to the changed provider. */
const waitingRows = ({ grants }: Drawn, provider: Provider): Row[] =>
  [
    ...Map.groupBy(
      grants.filter(grant => waitsForAnswer(grant, provider)),
      grant => grant.account.id,
    ),
  ].map(([accountId, ofAccount]) => {
    const label = labelOf(ofAccount[0]?.account.label ?? accountId);
    const description = l10n.t('needs your review');
    const why = l10n.t(
      'The settings of {0} changed since this sign-in. Nothing is sent until you review the change.',
      provider.label,
    );
    return {
      kind: 'waiting',
      id: JSON.stringify([provider.id, 'waiting', accountId]),
      providerId: provider.id,
      label,
      description,
      tooltip: textOf([label, why]),
      spoken: spokenOf([label, l10n.t('account at {0}', provider.label), description]),
      children: [],
    };
  });

/** Offers to sign in where no account is signed in. */
const signInRow = ({ id: providerId, label }: Provider): Row => ({
  kind: 'sign-in',
  id: JSON.stringify([providerId, 'sign-in']),
  providerId,
  label: l10n.t('Sign In…'),
  description: nothing,
  tooltip: l10n.t('Sign in to {0}', label),
  spoken: l10n.t('Sign in to {0}', label),
  children: [],
});

interface Judged {
  readonly grant: Grant;
  readonly state: SignInState;
}

/** @param judged the sign-ins of one account, at least one. */
function accountRows(drawn: Drawn, provider: Provider, judged: readonly Judged[]): Row[] {
  const urgent = judged.toSorted((a, b) => byUrgency(a.state, b.state));
  return urgent.slice(0, 1).map(({ grant: { account, sessions }, state }) => {
    const { text, changesAt } = describeState(state, drawn.now);
    const withheld = judged.flatMap(({ grant }) => drawn.withheld?.(grant.id) ?? []);
    const moved = withheld.map(({ endpoint, host }) =>
      l10n.t(
        '{0} now names {1} as its {2}, another host than when you signed in. Nothing is sent there. Sign in again if you trust it.',
        provider.label,
        host,
        endpoint,
      ),
    );
    const description = withheld[0] ? joined([text, l10n.t('names another host')], ', ') : text;
    return {
      kind: 'account',
      id: JSON.stringify([provider.id, account.id]),
      providerId: provider.id,
      account,
      scopes: sessions[0] ?? [],
      grantIds: urgent.map(({ grant }) => grant.id),
      label: labelOf(account.label),
      description,
      tooltip: textOf([shown`${account.label} (${provider.label})`, ...explain(state), ...moved]),
      spoken: spokenOf([labelOf(account.label), l10n.t('account at {0}', provider.label), description]),
      state: state.kind,
      changesAt,
      children: judged.flatMap(one => sessionRows(drawn, provider, one)),
    };
  });
}

function sessionRows({ now }: Drawn, provider: Provider, { grant, state }: Judged): Row[] {
  const { text, changesAt } = describeState(state, now);
  return grant.sessions.map(scopes => {
    const missing = notGranted(grant, scopes).join(' ');
    const description = missing === '' ? text : joined([text, l10n.t('fewer scopes')], ', ');
    const requested = shown(normaliseScopes(scopes).join(' '));
    const label = scopes.length === 0 ? l10n.t('Default scopes') : requested;
    return {
      kind: 'session',
      id: JSON.stringify([provider.id, grant.account.id, sessionId(grant.id, scopes)]),
      providerId: provider.id,
      account: grant.account,
      scopes,
      grantIds: [grant.id],
      label,
      description,
      tooltip: textOf([
        scopes.length === 0
          ? l10n.t('The session that requests no particular scopes.')
          : l10n.t('The session for the scopes {0}.', requested),
        l10n.t('Granted: {0}', grant.grantedScopes.join(' ')),
        ...(missing === '' ? [] : [l10n.t('Not granted: {0}', missing)]),
        ...explain(state),
      ]),
      spoken: spokenOf([label, l10n.t('session of {0}', grant.account.label), description]),
      state: state.kind,
      changesAt,
      children: [],
    };
  });
}

/** The state in whole sentences. */
function explain(state: SignInState): Shown[] {
  switch (state.kind) {
    case 'valid':
      return state.until === undefined
        ? [l10n.t('The provider doesn’t say when the access token expires.')]
        : [
            l10n.t(
              'The access token is valid until {0} and refreshes automatically.',
              timeInWords(state.until),
            ),
          ];
    case 'ending':
      return [
        l10n.t('The access token is valid until {0}.', timeInWords(state.until)),
        l10n.t('There’s no refresh token. Sign in again when the access token expires.'),
      ];
    case 'due':
      return [l10n.t('The access token expired. It’s refreshed when an extension requests it.')];
    case 'offline':
      return [
        state.reason,
        state.works
          ? l10n.t('The access token still works. The refresh retries automatically.')
          : l10n.t('The access token expired. The refresh retries automatically.'),
      ];
    case 'needs-sign-in':
      return [state.reason];
  }
}

const textOf = (lines: readonly (Shown | undefined)[]): Shown => joined(lines, '\n');

const spokenOf = (parts: readonly Shown[]): Shown => joined(parts, ', ');
