import type { BrowserContext } from 'playwright-core';

/**
 * From now on the windows of this person have this language, as one with its language pack has. Without the pack the
 * editor itself goes on in English; what an extension says is asked for in the language all the same.
 */
export async function speak(person: BrowserContext, language: string): Promise<void> {
  // What the workbench takes its language from; the page of an editor with a language pack sets it.
  await person.addInitScript(name => Object.assign(globalThis, { _VSCODE_NLS_LANGUAGE: name }), language);
}
