import * as vscode from 'vscode';
import type { Cancel } from '../platform/clock.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { waitsForAnswer } from '../providers/entries/origin.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';

const keyOf = (id: string): string => `waiting/${id}`;

/**
 * Notices sign-ins that wait for an answer, because their provider is not as the person agreed to. Each change is told
 * once, in the window that the person looks at.
 *
 * @param told remembers what was told, for all windows.
 */
export function watchWaitingSignIns(
  providers: ConfiguredProviders,
  cache: GrantCache,
  told: vscode.Memento,
  tell: (provider: Provider) => void,
): vscode.Disposable {
  const look = (): void => {
    if (!vscode.window.state.focused) return;
    for (const provider of providers.list()) {
      const isNews = told.get(keyOf(provider.id)) !== provider.terms;
      if (!isNews || !cache.known().some(grant => waitsForAnswer(grant, provider))) continue;
      void told.update(keyOf(provider.id), provider.terms);
      tell(provider);
    }
  };
  const watching: Cancel[] = [providers.onDidChange(look), cache.onDidLoad(look), cache.onDidChange(look)];
  const focus = vscode.window.onDidChangeWindowState(look);
  return new vscode.Disposable(() => {
    for (const end of watching) end();
    focus.dispose();
  });
}
