import type { Shown } from '../../platform/shown.ts';
import type { Method } from '../../providers/settings/signInMethods.ts';
import type { Surroundings } from '../../signIn/plan/planner.ts';
import type { Answers } from './answers.ts';

/** A page of the wizard. `value:…` asks for one value of a preset. */
export type PageName =
  | 'where'
  | `value:${string}`
  | 'client'
  | 'register'
  | 'secret'
  | 'method'
  | 'user'
  | 'summary'
  | 'name'
  | 'id'
  | 'scopes';

interface Visit {
  readonly page: PageName;
  /** What is in the box. */
  readonly text: string;
  /** Of the summary: what Back from one of its settings returns to. */
  readonly before?: Answers;
}

/** What went wrong, as a row can show it. */
export interface Trouble {
  readonly message: Shown;
  /**
   * What leads on: the client's page, its secret, the scopes, the diagnosis, tokens that are bound to a key, or the same
   * again.
   */
  readonly cure: 'client' | 'secret' | 'scopes' | 'diagnose' | 'dpop' | 'again';
  /** The URL that was probably meant. It might need an end. */
  readonly meant?: string | undefined;
}

/** Where the wizard is. It never changes: Enter and Back lead to another one. */
export interface WizardState extends Visit {
  readonly answers: Answers;
  /** The pages that Back leads to, the last one first. */
  readonly trail: readonly Visit[];
  readonly trouble?: Trouble | undefined;
  /** What the last row did: the text that it copied, or `steps` that it showed. */
  readonly done?: string | undefined;
  /** What the wizard waits for, if it does. */
  readonly waiting?: Shown | undefined;
}

export const firstState: WizardState = { page: 'where', text: '', answers: {}, trail: [] };

/** What the pages need to know beyond the user's input. It stays the same while the wizard is open. */
export interface Facts {
  readonly extensionId: string;
  /** The name of the editor. */
  readonly appName: string;
  readonly surroundings: Surroundings;
  /** The sign-in method in the settings, for every provider. */
  readonly method: Method;
  /** The URL of this editor's client ID metadata document, if the settings name one. */
  readonly clientDocument: string | undefined;
  /** The IDs that are in use. */
  readonly taken: readonly string[];
  /** The ID that the provider gets. Undefined: the user can choose it. */
  readonly fixedId: string | undefined;
  /** Where the wizard was left the last time. */
  readonly left: WizardState | undefined;
}

/** What Enter does outside the wizard. */
export type Effect =
  | { readonly do: 'look-up' }
  | { readonly do: 'copy'; readonly text: string }
  | { readonly do: 'open'; readonly address: string }
  | { readonly do: 'show'; readonly what: 'steps' | 'diagnosis' | 'log' }
  | { readonly do: 'finish'; readonly signIn: boolean };

/** A row. Enter leads to `next`, does `effect`, or both. */
export interface Row {
  readonly label: Shown;
  readonly description?: Shown;
  readonly detail?: Shown;
  readonly next?: WizardState;
  readonly effect?: Effect;
}

/** The name of the rows below it. */
export interface Heading {
  readonly heading: Shown;
}

export interface ListPage {
  readonly kind: 'list';
  readonly title: Shown;
  readonly placeholder: Shown;
  readonly rows: readonly (Row | Heading)[];
  /** Which rows the editor hides if they don't fit what is typed: all, or those below the first heading. */
  readonly filtered?: 'all' | 'below';
}

/** Checkboxes. */
export interface ManyPage {
  readonly kind: 'many';
  readonly title: Shown;
  readonly placeholder: Shown;
  readonly choices: readonly {
    readonly label: Shown;
    readonly description?: Shown;
    readonly choice: string;
  }[];
  readonly picked: readonly string[];
  accept(chosen: readonly string[]): WizardState;
}

/** A box whose text isn't shown. */
export interface SecretPage {
  readonly kind: 'secret';
  readonly title: Shown;
  readonly placeholder: Shown;
  readonly prompt: Shown;
  accept(text: string): WizardState;
}

export type Page = ListPage | ManyPage | SecretPage;

/** Leads to a page, with further input. Goes back if that page was passed before. */
export function go(state: WizardState, page: PageName, more: Answers = {}, text = ''): WizardState {
  const visit = { page: state.page, text: state.text };
  const trail = [...state.trail, state.page === 'summary' ? { ...visit, before: state.answers } : visit];
  const at = trail.findIndex(passed => passed.page === page);
  const answers = { ...state.answers, ...more };
  const typed = text === '' ? (answers.drafts?.[page] ?? '') : text;
  return { answers, page, text: typed, trail: at < 0 ? trail : trail.slice(0, at) };
}

const keepsDraft = (page: PageName): boolean => /^(value:|register$|user$)/.test(page);

/** Leads to the previous page, as it was. Keeps what was typed since then, for when the user returns. */
export function back({ answers, trail, page, text }: WizardState): WizardState {
  const last = trail.at(-1) ?? { page, text };
  const kept = last.before ?? answers;
  const drafts = keepsDraft(page) ? { ...answers.drafts, [page]: text } : answers.drafts;
  return {
    answers: drafts ? { ...kept, drafts } : kept,
    page: last.page,
    text: last.text,
    trail: trail.slice(0, -1),
  };
}
