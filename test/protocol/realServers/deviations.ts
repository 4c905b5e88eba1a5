import type { Form } from '../../../src/protocol/http/forms.ts';
import type { Json } from '../../servers/hostile/departure.ts';
import type { Answer } from '../../servers/hostile/replies.ts';

/** A value in another form than the standards have, and the one that it can only mean. */
export interface Deviation {
  readonly check: string;
  readonly sent: unknown;
  /** Undefined: it stands for nothing. */
  readonly means: unknown;
}

export const nothing: readonly Deviation[] = [null, '', '  '].map(sent => ({
  check: 'form.empty',
  sent,
  means: undefined,
}));

/** The deviations of a member with this value, which is right. */
export const deviations: Readonly<Record<Form, (right: unknown) => readonly Deviation[]>> = {
  exact: () => [],
  text: right => (/^[1-9]\d{0,14}$/.test(String(right)) ? [as('text', Number(right), right)] : []),
  number: (right = 300) => [
    as('number', String(right), right),
    as('number', `${String(right)}.0`, right),
    as('unreadable', 'soon', undefined),
    as('unreadable', {}, undefined),
  ],
  flag: (right = true) => [
    as('flag', String(right), right),
    as('flag', Number(right), right),
    as('flag', right === true ? 'True' : 'FALSE', right),
    as('unreadable', 'perhaps', undefined),
  ],
  words: (right = 'openid profile') => [
    as('words', String(right).split(' '), right),
    ...(String(right).includes(' ')
      ? [',', ', ', '  ', '\t'].map(between => as('words', String(right).replaceAll(' ', between), right))
      : []),
    as('words', ` ${String(right)}\n`, right),
    as('unreadable', 7, undefined),
  ],
  list: (right = ['openid', 'S256', 'none']) => [
    as('list', (right as string[]).join(' '), right),
    as('list', (right as string[]).join(','), right),
    as('list', [...(right as string[]), 7, null], right),
    as('unreadable', 7, undefined),
  ],
};

function as(form: Form | 'unreadable', sent: unknown, means: unknown): Deviation {
  return { check: `form.${form}`, sent, means };
}

/** The whole answer in another form. The right one is JSON with the status of a success. */
export const wholes: Readonly<Record<string, { readonly check?: string; change(right: Answer): Answer }>> = {
  'the status 201': { change: right => ({ ...right, status: 201 }) },
  'the status 202': { change: right => ({ ...right, status: 202 }) },
  'a byte order mark': { change: right => ({ ...right, body: `\uFEFF${String(right.body)}` }) },
  'white space around': { change: right => ({ ...right, body: `\r\n ${String(right.body)}\r\n` }) },
  'a charset': { change: right => said(right, 'application/json; charset=UTF-8') },
  'a media type of its own': { change: right => said(right, 'application/vnd.company+json') },
  'text/plain': { change: right => said(right, 'text/plain') },
  'text/html': { change: right => said(right, 'text/html; charset=utf-8') },
  'no media type': { change: right => said(right, '') },
};

/** Endpoints that answer the form of a client, as GitHub does with another form. */
export const asForms: ReadonlySet<string> = new Set(['token', 'device', 'pushed']);

export const asForm = (right: Answer, mediaType: string): Answer => ({
  ...said(right, mediaType),
  body: new URLSearchParams(
    Object.entries(JSON.parse(String(right.body)) as Json).map(([name, value]) => [name, String(value)]),
  ).toString(),
});

const said = (right: Answer, mediaType: string): Answer => ({
  ...right,
  headers: mediaType === '' ? {} : { 'content-type': mediaType },
});
