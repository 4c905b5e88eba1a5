import * as vscode from 'vscode';
import { window, type InputBox, type Item, type QuickPick } from '../show.ts';
import { pageOf } from './pages.ts';
import {
  back,
  type Effect,
  type Facts,
  type ListPage,
  type ManyPage,
  type Row,
  type SecretPage,
  type WizardState,
} from './state.ts';

/** Where the user went, and what that does outside the wizard. */
export interface Move {
  readonly next: WizardState;
  readonly effect?: Effect | undefined;
}

type RowItem = Item & { readonly row?: Row };

/** A box of the editor that shows a page. */
interface Open {
  readonly page: string;
  /** Shows the page in another state. Returns undefined if that needs another box. */
  update?(state: WizardState): void;
  ignore(): void;
  dispose(): void;
}

/**
 * Shows the pages, one in the place of the other.
 *
 * @param keep receives each state, also while the user types.
 */
export function createBoxes(facts: Facts, keep: (state: WizardState) => void) {
  let open: Open | undefined;
  let move: (move: Move) => void;
  let leave: (error: unknown) => void;

  function opened(
    box:
      InputBox | Omit<QuickPick<Item>, 'items' | 'activeItems' | 'selectedItems' | 'onDidTriggerItemButton'>,
    current: () => WizardState,
    ...listeners: readonly vscode.Disposable[]
  ): Omit<Open, 'update'> {
    const { page, trail } = current();
    // Users look things up in the provider's admin console meanwhile.
    box.ignoreFocusOut = true;
    if (trail.length > 0) box.buttons = [vscode.QuickInputButtons.Back];
    const listening = vscode.Disposable.from(
      ...listeners,
      box.onDidTriggerButton(() => move({ next: back(current()) })),
      box.onDidHide(() => leave(new vscode.CancellationError())),
    );
    box.show();
    return {
      page,
      ignore: () => void listening.dispose(),
      dispose() {
        listening.dispose();
        box.dispose();
      },
    };
  }

  function openList(first: WizardState): Open {
    const pick = window.createQuickPick<RowItem>();
    let state = first;
    const update = (next: WizardState): void => {
      state = next;
      const page = pageOf(state, facts) as ListPage;
      const at = pick.items.findIndex(item => item === pick.activeItems[0]);
      Object.assign(pick, { title: page.title, placeholder: page.placeholder });
      pick.busy = state.waiting !== undefined;
      if (pick.value !== state.text) pick.value = state.text;
      pick.items = itemsOf(page);
      // Who copies or shows something stays there. What fits the text that filters rows, the editor knows best.
      const used = state.done === undefined ? undefined : pick.items[at];
      const active =
        used ?? pick.items.find(({ row, alwaysShow }) => row && (alwaysShow || state.text === ''));
      if (active) pick.activeItems = [active];
    };
    const typed = (text: string): void => {
      if (text === state.text) return;
      const { waiting, trouble: _, ...others } = state;
      const next = { ...others, text, done: undefined };
      keep(next);
      // Who types while the wizard waits has something else in mind.
      if (waiting === undefined) update(next);
      else move({ next });
    };
    update(first);
    const base = opened(
      pick,
      () => state,
      pick.onDidChangeValue(typed),
      pick.onDidAccept(() => {
        const row = chosenIn(pick, state.text);
        if (row) move({ next: row.next ?? state, effect: row.effect });
      }),
    );
    return { ...base, update: next => (update(next), pick.show()) };
  }

  function openMany(state: WizardState, page: ManyPage): Open {
    const pick = window.createQuickPick<Item & { readonly choice: string }>();
    Object.assign(pick, { title: page.title, placeholder: page.placeholder, canSelectMany: true });
    pick.items = page.choices;
    pick.selectedItems = page.choices.filter(({ choice }) => page.picked.includes(choice));
    const accept = (): void => move({ next: page.accept(pick.selectedItems.map(({ choice }) => choice)) });
    return opened(pick, () => state, pick.onDidAccept(accept));
  }

  function openSecret(state: WizardState, page: SecretPage): Open {
    const input = window.createInputBox();
    const { title, placeholder, prompt } = page;
    Object.assign(input, { title, placeholder, prompt, password: true });
    return opened(
      input,
      () => state,
      input.onDidAccept(() => move({ next: page.accept(input.value) })),
    );
  }

  return {
    /** @throws vscode.CancellationError if the user leaves. */
    show(state: WizardState): Promise<Move> {
      keep(state);
      return new Promise((resolve, reject) => {
        [move, leave] = [resolve, reject];
        const page = pageOf(state, facts);
        if (open?.update && open.page === state.page) return open.update(state);
        const before = open;
        before?.ignore();
        open =
          page.kind === 'list'
            ? openList(state)
            : page.kind === 'many'
              ? openMany(state, page)
              : openSecret(state, page);
        // Closed only now, to avoid flicker.
        before?.dispose();
      });
    },
    /** Closes the page that is shown. The user hasn't left: the next one opens in a new box. */
    close(): void {
      open?.ignore();
      open?.dispose();
      open = undefined;
    },
    dispose: () => open?.dispose(),
  };
}

/** The row that Enter takes. The editor names it by its place, which is another row's if the list has just changed. */
const chosenIn = (pick: QuickPick<RowItem>, text: string): Row | undefined =>
  [...pick.selectedItems, ...pick.activeItems, ...pick.items].find(
    item => pick.items.includes(item) && item.row && isVisible(item, text),
  )?.row;

/** False for a row that the editor hides while this text is typed: its label lacks some of it, or has it in another order. */
function isVisible({ label, alwaysShow }: RowItem, text: string): boolean {
  let from = 0;
  for (const letter of text.trim().toLowerCase()) {
    from = label.toLowerCase().indexOf(letter, from) + 1;
    if (from === 0) return alwaysShow === true;
  }
  return true;
}

function itemsOf({ rows, filtered }: ListPage): RowItem[] {
  const below = rows.findIndex(row => 'heading' in row);
  return rows.map((row, at) => {
    if ('heading' in row) return { label: row.heading, kind: vscode.QuickPickItemKind.Separator };
    const { label, description, detail } = row;
    return {
      label,
      row,
      alwaysShow: filtered === undefined || (filtered === 'below' && at < below),
      ...(description && { description }),
      ...(detail && { detail }),
    };
  });
}
