/** What tabs say to each other. The first line says what it is. */
export type Message =
  /** To everyone: who is the leader? */
  | { readonly kind: 'who' }
  /** I am. */
  | { readonly kind: 'here'; readonly term: number }
  /** To the leader: this link shall lead to me. */
  | { readonly kind: 'join'; readonly link: string }
  /** From the leader: from now on it does. */
  | { readonly kind: 'welcome'; readonly link: string }
  | { readonly kind: 'frame'; readonly link: string; readonly line: string }
  /** This link is over. */
  | { readonly kind: 'end'; readonly link: string };

const form = /^(?:who|here [1-9][0-9]{0,14}|(?:join|welcome|frame|end) [\w-]{1,64})$/;

export function textOf(message: Message): string {
  switch (message.kind) {
    case 'who':
      return 'who';
    case 'here':
      return `here ${message.term}`;
    case 'frame':
      return `frame ${message.link}\n${message.line}`;
    case 'join':
    case 'welcome':
    case 'end':
      return `${message.kind} ${message.link}`;
  }
}

/** Parses a message. Returns undefined for the messages of another version of the extension. */
export function messageFrom(text: string): Message | undefined {
  const lineBreak = text.indexOf('\n');
  const head = lineBreak < 0 ? text : text.slice(0, lineBreak);
  if (!form.test(head)) return undefined;
  const line = lineBreak < 0 ? '' : text.slice(lineBreak + 1);
  const [kind, argument = ''] = head.split(' ');
  switch (kind) {
    case 'who':
      return { kind };
    case 'here':
      return { kind, term: Number(argument) };
    case 'frame':
      return { kind, link: argument, line };
    case 'join':
    case 'welcome':
    case 'end':
      return { kind, link: argument };
    default:
      return undefined;
  }
}
