import type * as vscode from 'vscode';
import { EventEmitter, type Disposable } from '../../manifest/client/testing.ts';

/** What a person can do in a box of questions that is open. */
export interface OpenBox {
  readonly title: string;
  readonly placeholder: string;
  readonly value: string;
  /** The labels of the rows. */
  readonly rows: readonly string[];
  type(text: string): void;
  /** Chooses the row that says that. */
  pick(row: RegExp): void;
  accept(): void;
  back(): void;
  leave(): void;
}

/** A person who answers one box after the other, as the test says; they leave the one that it says nothing of. */
export const asked = {
  answers: [] as ((box: OpenBox) => void)[],
  /** The titles of the boxes that they have seen. */
  titles: [] as string[],
};

export const QuickInputButtons = { Back: { iconPath: 'back' } };
export const QuickPickItemKind = { Separator: -1, Default: 0 };

/** As much of a text box and of a list as questions take. */
class Box implements OpenBox {
  readonly #changed = new EventEmitter<string>();
  readonly #accepted = new EventEmitter<undefined>();
  readonly #pressed = new EventEmitter<unknown>();
  readonly #onItem = new EventEmitter<unknown>();
  readonly #hidden = new EventEmitter<undefined>();
  title = '';
  placeholder = '';
  value = '';
  busy = false;
  items: readonly vscode.QuickPickItem[] = [];
  activeItems: readonly vscode.QuickPickItem[] = [];
  selectedItems: readonly vscode.QuickPickItem[] = [];
  buttons: readonly unknown[] = [];
  readonly onDidChangeValue = this.#changed.event;
  readonly onDidAccept = this.#accepted.event;
  readonly onDidTriggerButton = this.#pressed.event;
  readonly onDidTriggerItemButton = this.#onItem.event;
  readonly onDidHide = this.#hidden.event;

  get rows(): readonly string[] {
    return this.items.map(({ label }) => label);
  }

  show(): void {
    // A person waits as long as the box does.
    if (this.busy) return;
    asked.titles.push(this.title);
    const answer = asked.answers.shift() ?? (box => box.leave());
    queueMicrotask(() => answer(this));
  }

  type(text: string): void {
    this.value = text;
    this.#changed.fire(text);
  }

  pick(row: RegExp): void {
    const found = this.items.find(({ label }) => row.test(label));
    if (!found) throw new Error(`No row ${String(row)} among: ${this.rows.join(' | ')}`);
    this.selectedItems = [found];
    this.accept();
  }

  accept(): void {
    this.#accepted.fire(undefined);
  }

  back(): void {
    if (!this.buttons.includes(QuickInputButtons.Back)) throw new Error(`No way back from ${this.title}`);
    this.#pressed.fire(QuickInputButtons.Back);
  }

  leave(): void {
    this.#hidden.fire(undefined);
  }

  dispose(): void {
    this.#hidden.dispose();
  }
}

export const createInputBox = (): Box => new Box();
export const createQuickPick = (): Box => new Box();

/** The boxes that the editor has open, those that close when they are answered: each with what closes it. */
export const openBoxes = new Map<string, (answer: string | undefined) => void>();

/** @returns a box with this title, open until the token or the test closes it. */
export function showBox(
  title: string | undefined,
  token: vscode.CancellationToken | undefined,
): Promise<string | undefined> {
  const name = title ?? '';
  return new Promise(resolve => {
    const close = (answer: string | undefined): void => {
      openBoxes.delete(name);
      resolve(answer);
    };
    openBoxes.set(name, close);
    token?.onCancellationRequested(() => close(undefined));
  });
}

export class CancellationTokenSource {
  readonly #cancelled = new EventEmitter<undefined>();
  readonly token = {
    isCancellationRequested: false,
    onCancellationRequested: (listener: () => unknown): Disposable => this.#cancelled.event(listener),
  };

  cancel(): void {
    this.token.isCancellationRequested = true;
    this.#cancelled.fire(undefined);
  }

  dispose(): void {
    this.#cancelled.dispose();
  }
}
