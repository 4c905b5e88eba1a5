import assert from 'node:assert/strict';
import { pageOf, withFound } from '../../../../src/ui/addProvider/pages.ts';
import {
  back,
  firstState,
  type Effect,
  type ListPage,
  type Row,
  type WizardState,
} from '../../../../src/ui/addProvider/state.ts';
import { shown } from '../../../../src/platform/shown.ts';
import { facts, foundAt, issuer, rowsOf, servers } from './wizardStates.ts';

/** What people type: nothing, what fits, what is a name of the list, and what fits nowhere. */
const addresses = [
  '',
  'login.example.com',
  'alice@other.example',
  'acme.okta.com',
  'keycl',
  'a.example/?q',
  '^',
];
const textsOf = ({ page }: WizardState): readonly string[] =>
  page === 'where' || page.startsWith('value:') ? addresses : page === 'id' ? ['', 'oidc', '^'] : ['', 'abc'];

/** One without metadata that has a secret, one that needs values, one with several kinds of clients. */
const tried: readonly unknown[] = [undefined, 'github', 'okta', 'keycloak', 'qlik-cloud'];

const long = `${'It failed for a reason. '.repeat(8)}Do something.`;
const trouble = {
  message: shown(long),
  cure: 'again',
  meant: `${issuer}/realms/<name>`,
} as const;

/** Where Enter on a row leads, with all that a server can answer. */
function after(state: WizardState, next: WizardState | undefined, effect: Effect | undefined): WizardState[] {
  const then = next ?? state;
  if (effect?.do === 'look-up') {
    // A known provider is what it is; behind an address can be anything.
    const behind = then.answers.typed === undefined ? [servers.registers] : Object.values(servers);
    return [...behind.map(metadata => withFound(then, foundAt(metadata), facts())), { ...then, trouble }];
  }
  if (effect?.do === 'finish')
    return (['client', 'secret', 'scopes', 'diagnose', 'dpop', 'again'] as const)
      .filter(cure => cure !== 'secret' || then.answers.clientId !== undefined)
      .map(cure => ({ ...then, trouble: { ...trouble, cure } }));
  return [then];
}

/** What the pages make something of: states that differ in nothing else are one. */
function kindOfState({ page, text, answers, trail, trouble: failed, done }: WizardState): string {
  const { found, clientId, userLookup, ...given } = answers;
  const client = clientId === '' ? 'unknown' : typeof clientId;
  const before = trail.map(visit => visit.page);
  const typed = page === 'register' ? text !== '' : text;
  return JSON.stringify([
    ...[
      page,
      typed,
      given.typed !== undefined,
      given.preset,
      given.clientKind,
      given.isService ?? false,
      given.dpop,
    ],
    ...[
      given.clientAuthentication,
      given.isPlain,
      found && Object.values(servers).findIndex(metadata => metadata === found.metadata),
    ],
    ...[client, userLookup?.field, failed?.cure, done !== undefined, before.at(-1)],
  ]);
}

/** Every state that a person can get to, each once for what the pages show of it. */
function* everyState(): Generator<WizardState> {
  const seen = new Set<string>();
  const open: WizardState[] = [firstState];
  for (let state = open.pop(); state; state = open.pop()) {
    const key = kindOfState(state);
    if (seen.has(key) || !tried.includes(state.answers.preset)) continue;
    seen.add(key);
    yield state;
    const shownPage = pageOf(state, facts());
    if (shownPage.kind === 'secret') open.push(shownPage.accept(''), shownPage.accept('secret'));
    else if (shownPage.kind === 'many') open.push(shownPage.accept([]), shownPage.accept(shownPage.picked));
    else {
      for (const { next, effect } of rowsOf(shownPage)) open.push(...after(state, next, effect));
      for (const text of textsOf(state)) open.push({ ...state, text, trouble: undefined });
    }
    if (state.trail.length > 0) open.push(back(state));
  }
}

describe('every page of the wizard, in every state', function () {
  this.timeout(60_000);
  const all = [...everyState()];
  console.log(all.length);
  const lists = all.flatMap(state => {
    const page = pageOf(state, facts());
    return page.kind === 'list' ? [{ state, page }] : [];
  });
  const about = ({ page, text }: WizardState): string => `${page} “${text}”`;

  it('is reached', () => {
    const pages = [...new Set(all.map(({ page }) => page.replace(/:.*/, '')))].sort();
    const wanted = [
      'client',
      'id',
      'method',
      'name',
      'register',
      'scopes',
      'secret',
      'summary',
      'user',
      'value',
    ];
    assert.deepEqual(pages, [...wanted, 'where']);
    assert.ok(all.length > 1000, String(all.length));
  });

  it('has a title, a placeholder and a row', () => {
    for (const { state, page } of lists) {
      assert.ok(page.title !== '' && page.placeholder !== '', about(state));
      // The editor shows only what fits what was typed.
      const typed = state.text.toLowerCase();
      const below = page.rows.findIndex(row => 'heading' in row);
      const isShown = ({ label }: Row, at: number): boolean =>
        page.filtered !== 'below' || at < below || label.toLowerCase().includes(typed);
      assert.ok(rowsOf(page).some(isShown), about(state));
    }
  });

  it('has no row on which Enter does nothing', () => {
    for (const { state, page } of lists)
      for (const { label, next, effect } of rowsOf(page)) {
        const leads = () => next !== undefined && JSON.stringify(next) !== JSON.stringify(state);
        assert.ok(effect ?? leads(), `${about(state)}: ${label}`);
      }
  });

  it('says in each row what Enter does', () => {
    const words: Readonly<Record<string, RegExp>> = {
      copy: /cop(y|ies|ied)/i,
      open: /open/i,
      steps: /show/i,
      log: /show/i,
      diagnosis: /show|diagnose/i,
      'finish true': /sign in|connect|try again/i,
      'finish false': /save/i,
      name: /change/i,
      id: /change/i,
      scopes: /change/i,
    };
    for (const { state, page } of lists)
      for (const { label, description = '', detail = '', next, effect } of rowsOf(page)) {
        const does =
          effect?.do === 'show'
            ? effect.what
            : effect?.do === 'finish'
              ? `finish ${effect.signIn}`
              : effect?.do;
        const word = words[does ?? next?.page ?? ''];
        const isMessage = label.startsWith('$(error)') || long.includes(label);
        if (word && !isMessage && state.page !== next?.page)
          assert.match(`${label}, ${description}, ${detail}`, word, about(state));
        assert.ok(label.length > 0 && label.length < 200, label);
      }
  });

  it('shows no row twice', () => {
    for (const { state, page } of lists) {
      const labels = rowsOf(page).map(({ label, description }) => `${label} ${description ?? ''}`);
      assert.deepEqual(labels, [...new Set(labels)], about(state));
    }
  });

  it('leads back by one page, with what was there, and every answer but those of the setting that was left', () => {
    for (const state of all) {
      const last = state.trail.at(-1);
      if (!last) continue;
      const before = back(state);
      const { drafts: _, ...answers } = before.answers;
      const { drafts: __, ...had } = last.before ?? state.answers;
      assert.deepEqual({ page: before.page, text: before.text }, { page: last.page, text: last.text });
      assert.deepEqual(answers, had);
      assert.equal(last.page === 'summary', last.before !== undefined);
    }
  });

  it('is the one that a person who has left goes on with', () => {
    for (const left of all.filter(({ page }) => page !== 'where')) {
      const [first] = rowsOf(pageOf(firstState, facts({ left })) as ListPage);
      assert.equal(first?.next, left);
    }
  });
});
