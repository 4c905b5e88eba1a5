import { l10n } from '../../platform/shown.ts';
import type { ClientAuthentication } from '../../protocol/client/clientAuthentication.ts';
import type { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Inquired } from './asking.ts';
import { clickPath, type ClientPart } from './clickPaths.ts';
import { judge, type Judgment } from './questions.ts';
import { fail, info, pass, warn, type Finding } from './report.ts';

/** Whose client was asked about. */
export interface JudgedClient {
  readonly metadata: Metadata;
  readonly clientId: string;
  readonly method: ClientAuthentication['method'];
  /** The scopes that only this extension requests: a sign-in continues without them. */
  readonly ours: readonly string[];
}

/** Reports what the server's responses reveal about a client, and where to change that. */
export function clientFindings(client: JudgedClient, inquired: Inquired): (Finding | undefined)[] {
  const { inquiry, asked, withheld } = inquired;
  const judgment = judge(inquiry, asked);
  const isSilent = asked.some(({ answer }) => answer === 'silent');
  const isSomeAccepted = judgment.redirects.some(({ is }) => is === 'as-sent' || is === 'localhost');
  return [
    ...withheld.map(host =>
      info(
        l10n.t('Not asked'),
        l10n.t('No one has signed in to {0} yet.', host),
        l10n.t('Sign in once, then run the diagnosis again.'),
      ),
    ),
    asked.length === 0 && withheld.length === 0
      ? info(l10n.t('Not asked'), l10n.t('The provider accepts no request without your browser.'))
      : undefined,
    clientFinding(client, judgment),
    ...judgment.redirects.map(redirect => redirectFinding(client, redirect, isSomeAccepted)),
    scopesFinding(client, judgment),
    deviceFinding(client, judgment),
    judgment.other && fail(l10n.t('Refused'), wordsOf(judgment.other)),
    isSilent
      ? info(l10n.t('No usable response'), l10n.t('to some requests. The log has details.'))
      : undefined,
    asked.length > 0
      ? info(
          l10n.t('Requests sent'),
          l10n.t('{0}. What they created with the provider expires unused.', asked.length),
        )
      : undefined,
  ];
}

/** A next step, with where that is done if it is known. */
function at({ metadata, clientId }: JudgedClient, part: ClientPart, step: string): string {
  const found = clickPath(metadata, clientId, part);
  return found ? `${step} ${l10n.t('In {0}: {1}.', found.product, found.path)}` : step;
}

/** What the server answered, in its own words. */
function wordsOf({ details, message }: Failure): string {
  const { error, said = '' } = details;
  return error === undefined ? message : l10n.t('Response: {0}.{1}', error, said);
}

function clientFinding(client: JudgedClient, { client: judged }: Judgment): Finding | undefined {
  const what = l10n.t('Client');
  const { clientId, method } = client;
  if (judged.is === 'unknown') return undefined;
  if (judged.is === 'accepted') {
    const found =
      method === 'none'
        ? l10n.t('The provider knows {0}.', clientId)
        : l10n.t('The provider knows {0} and accepts its credential.', clientId);
    return pass(what, found);
  }
  const { known, refusal } = judged;
  const because = (problem: string): string => `${problem} ${wordsOf(refusal)}`;
  if (method === 'none')
    return known
      ? fail(
          what,
          because(l10n.t('The provider knows {0}, but not as a public client.', clientId)),
          at(client, 'client', l10n.t('Make it a public client, or set "clientAuthentication".')),
        )
      : fail(
          what,
          because(
            l10n.t(
              'The provider doesn’t know {0}, has disabled it, or expects it to authenticate.',
              clientId,
            ),
          ),
          at(client, 'client', l10n.t('Check the client ID and the kind of the client.')),
        );
  const isShared = method === 'client_secret_basic' || method === 'client_secret_post';
  const step = isShared
    ? l10n.t('Copy the secret again, and enter it with "OIDC: Replace Client Secret…".')
    : l10n.t('Register the public key that "OIDC: Show Public Keys of a Client…" shows.');
  return known
    ? fail(
        isShared ? l10n.t('Client secret') : what,
        because(l10n.t('The provider knows {0}, but rejects its credential ({1}).', clientId, method)),
        at(client, 'secret', step),
      )
    : fail(
        what,
        because(
          l10n.t(
            'The provider doesn’t know {0}, has disabled it, or rejects its credential ({1}).',
            clientId,
            method,
          ),
        ),
        at(client, 'secret', `${l10n.t('Check the client ID.')} ${step}`),
      );
}

function redirectFinding(
  client: JudgedClient,
  { uri, is }: Judgment['redirects'][number],
  isSomeAccepted: boolean,
): Finding | undefined {
  const what = l10n.t('Redirect URI {0}', uri);
  switch (is) {
    case 'unknown':
      return undefined;
    case 'as-sent':
      return pass(what, l10n.t('accepted'));
    case 'localhost':
      return pass(what, l10n.t('accepted with the host localhost, which a sign-in uses automatically'));
    case 'without-port':
      return warn(
        what,
        l10n.t('accepted exactly as shown, but not with a port'),
        at(client, 'redirectUri', l10n.t('Register it with a port, and set "redirect.loopbackPorts".')),
      );
    case 'refused':
      // A sign-in takes one that is accepted.
      return (isSomeAccepted ? warn : fail)(
        what,
        l10n.t('not accepted'),
        at(client, 'redirectUri', l10n.t('Register it exactly as shown.')),
      );
  }
}

function scopesFinding(client: JudgedClient, { scopes }: Judgment): Finding | undefined {
  const what = l10n.t('Requested scopes');
  if (scopes.is === 'unknown') return undefined;
  if (!scopes.refusal) return pass(what, l10n.t('accepted'));
  const { refused, refusal } = scopes;
  const found =
    refused.length > 0
      ? l10n.t('{0} can’t be requested.', refused.join(', '))
      : l10n.t('These scopes can’t be requested together.');
  const isOurs = refused.length > 0 && refused.every(scope => client.ours.includes(scope));
  return isOurs
    ? warn(
        what,
        `${found} ${wordsOf(refusal)}`,
        at(
          client,
          'scope',
          l10n.t('A sign-in continues without it. If you need it, allow it for the client.'),
        ),
      )
    : fail(
        what,
        `${found} ${wordsOf(refusal)}`,
        at(client, 'scope', l10n.t('Allow them for the client, or remove them from "scopes".')),
      );
}

function deviceFinding(client: JudgedClient, { device }: Judgment): Finding | undefined {
  const what = l10n.t('Device codes for this client');
  if (device === undefined) return undefined;
  if (device === 'accepted') return pass(what, l10n.t('accepted'));
  return info(
    what,
    `${l10n.t('not accepted')}. ${wordsOf(device)}`,
    at(client, 'device', l10n.t('Allow them for the client if you need them.')),
  );
}
