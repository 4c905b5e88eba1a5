import * as vscode from 'vscode';
import type { Cancel } from '../platform/clock.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { ContestedId } from '../providers/entries/contested.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { waitsForAnswer } from '../providers/entries/origin.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';

const keyOf = (id: string): string => `waiting/${id}`;

/** Tells what waits for an answer. */
export interface WaitingMessages {
  showWaiting(provider: Provider): Promise<void>;
  /** Nobody agreed to any of those who bring this id. */
  showContested(contested: ContestedId): Promise<void>;
}

/**
 * Notices sign-ins that wait for an answer, because their provider is not as the person agreed to. Each change is told
 * once, in the window that the person looks at.
 *
 * @param told remembers what was told, for all windows.
 * @param readSettings reads them again.
 */
export function watchWaitingSignIns(
  providers: ConfiguredProviders,
  cache: GrantCache,
  told: vscode.Memento,
  messages: () => Promise<WaitingMessages>,
  readSettings: () => void,
): vscode.Disposable {
  const look = (): void => {
    if (!vscode.window.state.focused) return;
    for (const provider of providers.list()) {
      const isNews = told.get(keyOf(provider.id)) !== provider.terms;
      if (!isNews || !cache.known().some(grant => waitsForAnswer(grant, provider))) continue;
      void told.update(keyOf(provider.id), provider.terms);
      void messages().then(parts => parts.showWaiting(provider));
    }
    for (const contested of providers.contested()) {
      const who = JSON.stringify(contested.candidates.map(({ terms }) => terms));
      if (contested.used || told.get(keyOf(contested.id)) === who) continue;
      void told.update(keyOf(contested.id), who);
      void messages().then(parts => parts.showContested(contested));
    }
  };
  const watching: Cancel[] = [providers.onDidChange(look), cache.onDidLoad(look), cache.onDidChange(look)];
  const focus = vscode.window.onDidChangeWindowState(({ focused }) => {
    // An answer in another window may have settled it.
    if (focused && providers.contested().some(({ used }) => !used)) readSettings();
    look();
  });
  return new vscode.Disposable(() => {
    for (const end of watching) end();
    focus.dispose();
  });
}
