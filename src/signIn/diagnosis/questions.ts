import type { Failure } from '../../protocol/failures/failure.ts';
import { isAboutScopes } from '../plan/askingLess.ts';

/** A request that needs no user, and that changes nothing on the server. */
export interface Question {
  readonly request: 'pushed' | 'device';
  /** Of a pushed request. */
  readonly redirectUri?: string;
  readonly scopes: readonly string[];
  /** Sent for a client that isn't registered, to compare the responses. */
  readonly asStranger?: true;
}

/** What came of a question. */
export type Answer =
  | 'accepted'
  /** No statement about the client: no response, or one that is no OAuth error. */
  | 'silent'
  | Failure;

export interface Asked extends Question {
  readonly answer: Answer;
}

/** A redirect URI to find out about. */
export interface RedirectCandidate {
  /** As it is to be registered. */
  readonly uri: string;
  /** As it is sent, the likeliest first: the first that is accepted is what a sign-in would use. */
  readonly forms: readonly RedirectForm[];
}

export interface RedirectForm {
  readonly uri: string;
  readonly kind: 'as-sent' | 'localhost' | 'without-port';
}

/** What there is to ask, and whom. */
export interface Inquiry {
  /** The endpoints that can be asked. */
  readonly requests: readonly Question['request'][];
  readonly redirects: readonly RedirectCandidate[];
  readonly scopes: readonly string[];
  /** False: an unregistered client can't authenticate like this one, so there is nothing to compare. */
  readonly comparable: boolean;
}

/** Limits the requests to a server that responds to each one differently. */
const mostQuestions = 30;
/** Each scope is requested alone, to find the refused ones. */
const mostScopes = 10;

/**
 * Decides what to ask next, from the responses so far. Changes one thing at a time, to distinguish a wrong client, a
 * wrong secret, a wrong redirect URI and a wrong scope.
 *
 * @returns undefined if nothing more can be found out.
 */
export function nextQuestion(inquiry: Inquiry, asked: readonly Asked[]): Question | undefined {
  if (asked.length >= mostQuestions) return undefined;
  return openQuestions(inquiry, asked).find(question => !asked.some(isSame(question)));
}

const isSame =
  (a: Question) =>
  (b: Question): boolean =>
    a.request === b.request &&
    a.redirectUri === b.redirectUri &&
    a.asStranger === b.asStranger &&
    a.scopes.join(' ') === b.scopes.join(' ');

function openQuestions(inquiry: Inquiry, asked: readonly Asked[]): readonly Question[] {
  const refused = refusedScopes(asked);
  const scopes = inquiry.scopes.filter(scope => !refused.includes(scope));
  return inquiry.requests.flatMap((request): Question[] => {
    const own = asked.filter(one => one.request === request && !one.asStranger);
    if (own.some(({ answer }) => answer === 'silent')) return [];
    const clientRefusal = own.find(({ answer }) => isRefusal(answer, 'client'));
    if (clientRefusal)
      return inquiry.comparable ? [{ ...withoutAnswer(clientRefusal), asStranger: true }] : [];
    const wholes: Question[] =
      request === 'device'
        ? [{ request, scopes }]
        : inquiry.redirects.flatMap(({ forms }): Question[] => {
            const form = formLeft(forms, own);
            return form ? [{ request, redirectUri: form.uri, scopes }] : [];
          });
    const overScopes = own.find(({ answer }) => isRefusal(answer, 'scopes'));
    const singles: Question[] = overScopes
      ? alone(inquiry.scopes, refused).map(single => ({ ...withoutAnswer(overScopes), scopes: single }))
      : [];
    return [...singles, ...wholes];
  });
}

/** Each scope alone, `openid` first: without it, other scopes might not count as OpenID Connect. */
function alone(scopes: readonly string[], refused: readonly string[]): (readonly string[])[] {
  if (scopes.length > mostScopes) return [];
  const openid = scopes.filter(scope => scope === 'openid');
  const before = openid.filter(scope => !refused.includes(scope));
  const others = scopes.filter(scope => scope !== 'openid').map(scope => [...before, scope]);
  return [...(openid.length > 0 ? [openid] : []), ...others];
}

const withoutAnswer = ({ answer: _, ...question }: Asked): Question => question;

/** The form to ask about next. Undefined once one is accepted, or all are refused. */
function formLeft(forms: readonly RedirectForm[], asked: readonly Asked[]): RedirectForm | undefined {
  const answersTo = (uri: string): Answer[] =>
    asked.filter(one => one.redirectUri === uri).map(({ answer }) => answer);
  if (forms.some(({ uri }) => answersTo(uri).includes('accepted'))) return undefined;
  return forms.find(({ uri }) => !answersTo(uri).some(answer => isRefusal(answer, 'redirect')));
}

/** Those that were refused where they were asked for alone. */
function refusedScopes(asked: readonly Asked[]): string[] {
  const singles = asked.filter(({ scopes, answer }) => scopes.length > 0 && isRefusal(answer, 'scopes'));
  const openidRefused = singles.some(({ scopes }) => scopes.join() === 'openid');
  return singles.flatMap(({ scopes }) => {
    if (scopes.length === 1) return scopes;
    return scopes.length === 2 && scopes[0] === 'openid' && !openidRefused ? scopes.slice(1) : [];
  });
}

type Cause = 'client' | 'redirect' | 'scopes' | 'device' | 'other';

const isRefusal = (answer: Answer, cause: Cause): answer is Failure =>
  typeof answer !== 'string' && causeOf(answer) === cause;

/** What a refusal is about, as far as its code and words say it. */
function causeOf(failure: Failure): Cause {
  const words = `${String(failure.details['said'] ?? '')}`;
  if (failure.code === 'redirect-refused') return 'redirect';
  if (/device|grant.?type|\bflow\b/i.test(words) && failure.oauthError !== 'invalid_client') return 'device';
  if (failure.oauthError === 'unsupported_grant_type' || failure.code === 'grant-refused') return 'device';
  if (failure.code === 'client-refused' || failure.code === 'certificate-refused') return 'client';
  return isAboutScopes(failure) ? 'scopes' : 'other';
}

/** What the responses reveal. Undefined: nothing. */
export interface Judgment {
  readonly client:
    | { readonly is: 'accepted' }
    | { readonly is: 'unknown' }
    /** `known`: an unregistered client gets a different refusal, which shows that this client is registered. */
    | { readonly is: 'refused'; readonly known: boolean; readonly refusal: Failure };
  readonly redirects: readonly {
    readonly uri: string;
    readonly is: RedirectForm['kind'] | 'refused' | 'unknown';
  }[];
  readonly scopes: {
    readonly is: 'accepted' | 'refused' | 'unknown';
    readonly refused: readonly string[];
    readonly refusal?: Failure;
  };
  /** Of an endpoint that was asked. */
  readonly device?: 'accepted' | Failure | undefined;
  /** A refusal that is about none of these. */
  readonly other?: Failure | undefined;
}

/** Judges the responses. */
export function judge(inquiry: Inquiry, asked: readonly Asked[]): Judgment {
  const own = asked.filter(({ asStranger }) => !asStranger);
  const refusalOf = (cause: Cause, among: readonly Asked[] = own): Failure | undefined =>
    among.map(({ answer }) => answer).find(answer => isRefusal(answer, cause));
  const isAccepted = (among: readonly Asked[] = own): boolean =>
    among.some(({ answer }) => answer === 'accepted');
  const device = own.filter(({ request }) => request === 'device');
  const pushed = own.filter(({ request }) => request === 'pushed');
  // If the server accepts one request, it knows the client, and the credential is right: another refusal concerns what
  // was requested.
  const isClientRight =
    isAccepted() || refusalOf('redirect') !== undefined || refusalOf('scopes') !== undefined;
  const clientRefusal = refusalOf('client');
  const told = tellingRefusal(asked);
  const refused = refusedScopes(own);
  const scopeRefusal = refusalOf('scopes');
  return {
    client:
      clientRefusal && !isClientRight
        ? { is: 'refused', known: told !== undefined, refusal: told ?? clientRefusal }
        : { is: isClientRight || refusalOf('device') !== undefined ? 'accepted' : 'unknown' },
    redirects: inquiry.redirects.map(({ uri, forms }) => {
      const about = (form: RedirectForm): readonly Asked[] =>
        pushed.filter(({ redirectUri }) => redirectUri === form.uri);
      const taken = forms.find(form => isAccepted(about(form)));
      const isRefused = forms.every(form => refusalOf('redirect', about(form)));
      return { uri, is: taken?.kind ?? (isRefused ? 'refused' : 'unknown') };
    }),
    scopes: {
      is: scopeRefusal ? 'refused' : isAccepted() ? 'accepted' : 'unknown',
      refused: inquiry.scopes.filter(scope => refused.includes(scope)),
      ...(scopeRefusal && { refusal: scopeRefusal }),
    },
    device: isAccepted(device)
      ? 'accepted'
      : (refusalOf('device', device) ?? (isClientRight ? refusalOf('client', device) : undefined)),
    other: refusalOf('other'),
  };
}

/** The refusal that only the registered client gets. */
const tellingRefusal = (asked: readonly Asked[]): Failure | undefined =>
  asked
    .filter(
      own =>
        !own.asStranger &&
        asked.some(
          ({ asStranger, request, answer }) =>
            asStranger && request === own.request && answer !== 'silent' && !isSameAnswer(own.answer, answer),
        ),
    )
    .map(({ answer }) => answer)
    .find(answer => isRefusal(answer, 'client'));

const isSameAnswer = (a: Answer, b: Answer): boolean =>
  typeof a === 'string' || typeof b === 'string'
    ? a === b
    : a.oauthError === b.oauthError && a.details['said'] === b.details['said'];
