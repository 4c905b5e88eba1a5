import { inLines, joined, l10n, labelOf, shown, type Shown } from '../platform/shown.ts';
import type { Yes } from '../signIn/trust.ts';
import { askConsent } from '../ui/consent.ts';
import { window } from '../ui/show.ts';
import { mcpTermsOf, type McpAnswer, type McpTerms } from './consent.ts';
import { reachOf } from './ownResource.ts';
import type { McpServer } from './settings.ts';

/** The name of a provider by its ID. */
type ProviderNames = (providerId: string) => string;

/** Asks in a dialog, as the editor does for a sign-in: the process that starts the server waits for the decision. */
export async function askMcpConsent(
  server: McpServer,
  before: McpTerms | undefined,
  nameOf: ProviderNames,
): Promise<Yes | false> {
  const { host } = new URL(server.url);
  const terms = mcpTermsOf(server);
  const message = l10n.t(
    'Allow the MCP server “{0}” on {1} to get your access token?',
    labelOf(server.label),
    host,
  );
  const changes =
    before === undefined
      ? []
      : [l10n.t('Changed since you allowed it:'), ...changedLines(before, terms, nameOf)];
  const lines = [
    ...linesOf(terms, nameOf),
    ...shownLines(terms, nameOf),
    reachLine(server, nameOf),
    ...changes,
  ];
  return askConsent({ message, lines, button: l10n.t('Allow') });
}

/** The authorization server that the MCP server's metadata names, and whose sign-in it gets to see. */
function shownLines({ issuer, enterprise }: McpTerms, nameOf: ProviderNames): Shown[] {
  if (enterprise === undefined || issuer === undefined) return [];
  return [
    l10n.t(
      'Your sign-in to “{0}” is shown to {1}, which the server names, without its tokens.',
      labelOf(nameOf(enterprise)),
      issuer,
    ),
  ];
}

/** Where else the server can use the token. */
function reachLine(server: McpServer, nameOf: ProviderNames): Shown {
  const { targets, isOwn } = reachOf(server);
  if (isOwn) return l10n.t('The token is for this server only.');
  return targets.length > 0
    ? l10n.t('The token isn’t for this server alone: it is good for {0}, too.', targets.join(', '))
    : l10n.t(
        'The token isn’t for this server alone: the server can use it wherever tokens from {0} are accepted. If {0} supports resource indicators, add “{1}” to the server’s scopes in the settings.',
        labelOf(nameOf(server.providerId)),
        `resource:${server.url}`,
      );
}

/** What is agreed to, each part with its name. */
const named = (
  { url, provider, issuer, scopes, targets, enterprise }: McpTerms,
  nameOf: ProviderNames,
): readonly (readonly [name: Shown, value: string])[] => [
  [l10n.t('Server'), url],
  [
    l10n.t('Identity provider'),
    shown`${labelOf(nameOf(provider))}${issuer === undefined ? '' : ` (${issuer})`}`,
  ],
  [l10n.t('Scopes'), scopes.length > 0 ? scopes.join(' ') : l10n.t('the default ones')],
  [l10n.t('Resource'), targets.length > 0 ? targets.join(' ') : l10n.t('none')],
  [l10n.t('Company'), enterprise === undefined ? '' : labelOf(nameOf(enterprise))],
];

const linesOf = (terms: McpTerms, nameOf: ProviderNames): Shown[] =>
  named(terms, nameOf).flatMap(([name, value]) => (value === '' ? [] : inLines(`${name}: ${value}`)));

function changedLines(before: McpTerms, now: McpTerms, nameOf: ProviderNames): Shown[] {
  const old = named(before, nameOf);
  return named(now, nameOf).flatMap(([name, value], at) => {
    const [, before = ''] = old[at] ?? [];
    if (before === value) return [];
    const earlier = before === '' ? l10n.t('none') : before;
    return earlier.length < 200
      ? [l10n.t('{0} was {1}', name, earlier)]
      : [l10n.t('{0} was:', name), ...inLines(earlier)];
  });
}

/**
 * Shows the servers that get a token. The user selects one that should no longer get one.
 *
 * @param servers of the setting. A decision outlives them.
 * @returns the ID of the selected server.
 */
export async function chooseAllowed(
  answers: readonly McpAnswer[],
  servers: readonly McpServer[],
  nameOf: ProviderNames,
): Promise<string | undefined> {
  const items = answers
    .filter(({ isAllowed }) => isAllowed)
    .map(({ id, terms }) => ({
      id,
      label: labelOf(servers.find(server => server.id === id)?.label ?? id),
      description: shown(new URL(terms.url).host),
      detail: joined(linesOf(terms, nameOf).slice(1), ' · '),
    }));
  if (items.length === 0) {
    void window.showInformationMessage(l10n.t('You haven’t allowed any MCP server to get a token.'));
    return undefined;
  }
  const chosen = await window.showQuickPick(items, {
    title: l10n.t('MCP servers that get your access token'),
    placeHolder: l10n.t('Select a server that should no longer get one'),
  });
  return chosen?.id;
}
