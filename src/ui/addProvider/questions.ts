import * as vscode from 'vscode';

/** The person wants the question before this one. */
export const back = Symbol('back');
export type Back = typeof back;

interface Question {
  readonly title: string;
  readonly step: number;
  readonly steps: number;
  /** False for the first question. */
  readonly canGoBack: boolean;
}

interface TextQuestion extends Question {
  readonly prompt: string;
  readonly placeholder?: string | undefined;
  readonly value?: string | undefined;
  /** What is wrong with it, as a sentence; undefined if nothing is. */
  problem?(text: string): string | undefined;
}

/**
 * Asks for text. A problem is shown while the person types, and keeps the answer from being given.
 *
 * @throws vscode.CancellationError if the person leaves.
 */
export function askText(question: TextQuestion): Promise<string | Back> {
  const input = vscode.window.createInputBox();
  prepare(input, question);
  input.prompt = question.prompt;
  input.placeholder = question.placeholder;
  input.value = question.value ?? '';
  const check = (): boolean => {
    const problem = question.problem?.(input.value);
    input.validationMessage = problem;
    return problem === undefined;
  };
  return answerOf<string>(input, give => [
    input.onDidChangeValue(check),
    input.onDidAccept(() => check() && give(input.value.trim())),
  ]);
}

export interface Choice<T> extends vscode.QuickPickItem {
  readonly choice?: T;
}

interface ChoiceQuestion<T> extends Question {
  readonly placeholder?: string | undefined;
  readonly items: readonly Choice<T>[];
  /** Told of a button on an item; the question stays. */
  onButton?(item: Choice<T>): void;
}

/** Lets the person choose one. Items without a `choice` only say something. */
export function askChoice<T>(question: ChoiceQuestion<T>): Promise<T | Back> {
  const input = vscode.window.createQuickPick<Choice<T>>();
  prepare(input, question);
  input.placeholder = question.placeholder;
  input.items = question.items;
  const first = question.items.find(item => item.choice !== undefined);
  if (first) input.activeItems = [first];
  return answerOf<T>(input, give => [
    input.onDidTriggerItemButton(({ item }) => question.onButton?.(item)),
    input.onDidAccept(() => {
      const [chosen] = input.selectedItems;
      if (chosen?.choice !== undefined) give(chosen.choice);
    }),
  ]);
}

interface SeveralQuestion extends Question {
  readonly placeholder?: string | undefined;
  readonly items: readonly vscode.QuickPickItem[];
}

/** Lets the person choose several; those with `picked` are chosen already. */
export function askSeveral(question: SeveralQuestion): Promise<string[] | Back> {
  const input = vscode.window.createQuickPick();
  prepare(input, question);
  input.canSelectMany = true;
  input.placeholder = question.placeholder;
  input.items = question.items;
  input.selectedItems = question.items.filter(({ picked }) => picked);
  return answerOf<string[]>(input, give => [
    input.onDidAccept(() => give(input.selectedItems.map(({ label }) => label))),
  ]);
}

interface FreeQuestion<T> extends Question {
  readonly placeholder: string;
  readonly value?: string | undefined;
  readonly items: readonly Choice<T>[];
  /** The items for what was typed; they stand above the others. */
  typed(text: string): readonly Choice<T>[];
}

/** A list to choose from, with a box in which something else can be typed. */
export function askChoiceOrText<T>(question: FreeQuestion<T>): Promise<T | Back> {
  const input = vscode.window.createQuickPick<Choice<T>>();
  prepare(input, question);
  input.placeholder = question.placeholder;
  input.value = question.value ?? '';
  const update = (): void => {
    const own = question.typed(input.value).map(item => ({ ...item, alwaysShow: true }));
    input.items = [...own, ...question.items];
    const first = own.find(item => item.choice !== undefined);
    if (first) input.activeItems = [first];
  };
  update();
  return answerOf<T>(input, give => [
    input.onDidChangeValue(update),
    input.onDidAccept(() => {
      const [chosen] = input.selectedItems;
      if (chosen?.choice !== undefined) give(chosen.choice);
    }),
  ]);
}

function prepare(input: vscode.QuickInput, { title, step, steps, canGoBack }: Question): void {
  input.title = title;
  input.step = step;
  input.totalSteps = steps;
  // People look things up at the provider in between.
  input.ignoreFocusOut = true;
  if (canGoBack && isWithButtons(input)) input.buttons = [vscode.QuickInputButtons.Back];
}

type WithButtons = vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>;
const isWithButtons = (input: vscode.QuickInput): input is WithButtons => 'buttons' in input;

/** Shows the input until there is an answer; nothing of it is left then. */
function answerOf<T>(
  input: vscode.QuickInput,
  listen: (give: (answer: T) => void) => vscode.Disposable[],
): Promise<T | Back> {
  return new Promise<T | Back>((resolve, reject) => {
    const listeners = [
      ...listen(answer => end(() => resolve(answer))),
      ...(isWithButtons(input) ? [input.onDidTriggerButton(() => end(() => resolve(back)))] : []),
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
