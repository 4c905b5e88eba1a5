import * as vscode from 'vscode';
import type { Shown } from '../../platform/shown.ts';
import { window, type InputBox, type Item, type QuickPick } from '../show.ts';

/** The person wants the question before this one. */
export const back = Symbol('back');
export type Back = typeof back;

/** The steps of the wizard; one may have several questions. */
export const steps = 5;

interface Question {
  readonly title: Shown;
  readonly step: number;
  readonly placeholder?: Shown | undefined;
  readonly isFirst?: true;
}

interface TextQuestion extends Question {
  readonly prompt: Shown;
  readonly value?: string | undefined;
  /** What is wrong with it, as a sentence; undefined if nothing is. */
  problem(text: string): Shown | undefined;
}

/**
 * Asks for text. A problem is shown while the person types, and keeps the answer from being given.
 *
 * @throws vscode.CancellationError if the person leaves.
 */
export function askText(question: TextQuestion): Promise<string | Back> {
  const input = window.createInputBox();
  input.prompt = question.prompt;
  input.value = question.value ?? '';
  const check = (): boolean => {
    input.validationMessage = question.problem(input.value);
    return input.validationMessage === undefined;
  };
  return answerOf<string>(input, question, give => [
    input.onDidChangeValue(check),
    input.onDidAccept(() => check() && give(input.value.trim())),
  ]);
}

export interface Choice<T> extends Item {
  readonly choice?: T;
}

interface ChoiceQuestion<T> extends Question {
  readonly items: readonly Choice<T>[];
  /** What was typed before. */
  readonly value?: string | undefined;
  /** The items for what was typed; they stand above the others. */
  typed?(text: string): readonly Choice<T>[];
  /** Told of a button on an item; the question stays. */
  onButton?(item: Choice<T>): void;
}

/** Lets the person choose one. Items without a `choice` only say something. */
export function askChoice<T>(question: ChoiceQuestion<T>): Promise<T | Back> {
  const input = window.createQuickPick<Choice<T>>();
  input.value = question.value ?? '';
  const update = (): void => {
    const own = question.typed?.(input.value).map(item => ({ ...item, alwaysShow: true })) ?? [];
    input.items = [...own, ...question.items];
    // Of the other items, some are hidden while something is typed.
    const first = (question.typed ? own : question.items).find(item => item.choice !== undefined);
    if (first) input.activeItems = [first];
  };
  update();
  return answerOf<T>(input, question, give => [
    input.onDidChangeValue(() => question.typed && update()),
    input.onDidTriggerItemButton(({ item }) => question.onButton?.(item)),
    input.onDidAccept(() => {
      const [chosen] = input.selectedItems;
      if (chosen?.choice !== undefined) give(chosen.choice);
    }),
  ]);
}

interface SeveralQuestion extends Question {
  readonly items: readonly (Item & { readonly choice: string })[];
}

/** Lets the person choose several; those with `picked` are chosen already. */
export function askSeveral(question: SeveralQuestion): Promise<string[] | Back> {
  const input = window.createQuickPick<SeveralQuestion['items'][number]>();
  input.canSelectMany = true;
  input.items = question.items;
  input.selectedItems = question.items.filter(({ picked }) => picked);
  return answerOf<string[]>(input, question, give => [
    input.onDidAccept(() => give(input.selectedItems.map(({ choice }) => choice))),
  ]);
}

/** Shows the input until there is an answer; nothing of it is left then. */
function answerOf<T>(
  input:
    InputBox | Omit<QuickPick<Item>, 'items' | 'activeItems' | 'selectedItems' | 'onDidTriggerItemButton'>,
  { title, step, placeholder, isFirst }: Question,
  listen: (give: (answer: T) => void) => vscode.Disposable[],
): Promise<T | Back> {
  input.title = title;
  input.step = step;
  input.totalSteps = steps;
  input.placeholder = placeholder;
  // People look things up at the provider in between.
  input.ignoreFocusOut = true;
  if (!isFirst) input.buttons = [vscode.QuickInputButtons.Back];
  return new Promise<T | Back>((resolve, reject) => {
    const listeners = [
      ...listen(answer => end(() => resolve(answer))),
      input.onDidTriggerButton(() => end(() => resolve(back))),
      input.onDidHide(() => end(() => reject(new vscode.CancellationError()))),
    ];
    const end = (settle: () => void): void => {
      for (const listener of listeners.splice(0)) listener.dispose();
      settle();
      input.dispose();
    };
    input.show();
  });
}
