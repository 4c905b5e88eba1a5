import { l10n, type Shown } from '../../platform/shown.ts';
import type { Secret } from '../../platform/secret.ts';

export interface PasteExpectation {
  readonly state: Secret;
  readonly issuer: string;
  readonly redirectUri: string;
  /** The provider is set to show the code itself (`redirect.paste`): then the code alone will do. */
  readonly takesBareCode: boolean;
}

export type Pasted =
  | { readonly kind: 'response'; readonly parameters: URLSearchParams }
  /** Not what is wanted. `problem` is a sentence for the user, which contains nothing of the text. */
  | { readonly kind: 'problem'; readonly problem: Shown };

/** Longer than any URL that a browser shows, in characters. */
const longestText = 32 * 1024;

/**
 * Reads what a user pasted: the full URL on which the browser ended, its query, or the code alone if the server shows
 * one. A URL counts only with the `state` of this sign-in.
 */
export function readPasted(text: string, expected: PasteExpectation): Pasted {
  const trimmed = text.trim();
  if (trimmed === '') return problem(l10n.t('Paste the full URL from your browser’s address bar.'));
  if (trimmed.length > longestText)
    return problem(l10n.t('This is too long to be the URL of a sign-in response.'));
  const parameters = parametersIn(trimmed);
  if (!parameters) return bareCode(trimmed, expected);
  if (!parameters.has('code') && !parameters.has('error')) {
    return problem(l10n.t('This URL isn’t a sign-in response: it contains neither a code nor an error.'));
  }
  const states = parameters.getAll('state');
  if (states.length !== 1 || states[0] !== expected.state.reveal()) {
    return problem(l10n.t('This URL belongs to another sign-in. Paste the one that your browser shows now.'));
  }
  if (!isAt(trimmed, expected.redirectUri, parameters)) {
    return problem(
      l10n.t(
        'This isn’t the redirect URI of this sign-in. Paste the full URL from your browser’s address bar.',
      ),
    );
  }
  return { kind: 'response', parameters };
}

/**
 * True if the browser ended on the redirect URI of this sign-in: another one might belong to another provider, whose
 * response must not pass for this one's (RFC 9700 section 4.4). A query alone doesn't show the redirect URI, so it must
 * name the server.
 */
function isAt(text: string, redirectUri: string, parameters: URLSearchParams): boolean {
  const question = text.indexOf('?');
  if (question <= 0) return parameters.has('iss');
  const [found, own] = [URL.parse(text), URL.parse(redirectUri)];
  if (!found || !own) return false;
  const isOwn = found.protocol === own.protocol && found.host === own.host && found.pathname === own.pathname;
  return isOwn && [...own.searchParams].every(([name, value]) => parameters.getAll(name).join(' ') === value);
}

const problem = (text: Shown): Pasted => ({ kind: 'problem', problem: text });

/** The query of a URL, or the text itself if it is a query. */
function parametersIn(text: string): URLSearchParams | undefined {
  const question = text.indexOf('?');
  if (question >= 0) return new URLSearchParams(text.slice(question + 1).split('#')[0]);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return new URLSearchParams();
  return /(^|&)(code|error)=/.test(text) ? new URLSearchParams(text) : undefined;
}

/**
 * The code alone. The user got it from a page of the server, with neither `state` nor `iss`. PKCE and the nonce still
 * bind it to this sign-in.
 */
function bareCode(text: string, { state, issuer, takesBareCode }: PasteExpectation): Pasted {
  if (!takesBareCode)
    return problem(l10n.t('Paste the full URL from your browser’s address bar, not just a part of it.'));
  if (!/^[\x21-\x7E]{4,8192}$/.test(text)) return problem(l10n.t('This is neither a URL nor a code.'));
  const parameters = new URLSearchParams({ code: text, state: state.reveal(), iss: issuer });
  return { kind: 'response', parameters };
}
