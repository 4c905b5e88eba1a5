import * as vscode from 'vscode';
import type { Cancel } from '../../platform/clock.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { ContestedId } from '../../providers/entries/contested.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { waitsForAnswer } from '../../providers/entries/origin.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';

const keyOf = (id: string): string => `waiting/${id}`;

/** Shows what waits for the user's consent. */
export interface WaitingMessages {
  showWaiting(provider: Provider): Promise<void>;
  /** Shows that the user agreed to none of the providers of this ID. */
  showContested(contested: ContestedId): Promise<void>;
}

/**
 * Notices sign-ins that wait for consent, because their provider isn't the one that the user agreed to. Shows each
 * change once, in the focused window.
 *
 * @param told keeps what was shown, for all windows.
 * @param readSettings reads the settings again.
 */
export function watchWaitingSignIns(
  providers: ConfiguredProviders,
  cache: GrantCache,
  told: vscode.Memento,
  messages: () => Promise<WaitingMessages>,
  readSettings: () => void,
): vscode.Disposable {
  const look = (grants: readonly Grant[]): void => {
    if (!vscode.window.state.focused) return;
    for (const provider of providers.list()) {
      const isNews = told.get(keyOf(provider.id)) !== provider.terms;
      if (!isNews || !grants.some(grant => waitsForAnswer(grant, provider))) continue;
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
  const lookAtAll = (): void => look(cache.known());
  const watching: Cancel[] = [
    providers.onDidChange(lookAtAll),
    cache.onDidLoad(grant => look([grant])),
    cache.onDidChange(lookAtAll),
  ];
  const focus = vscode.window.onDidChangeWindowState(({ focused }) => {
    // The user can have chosen in another window.
    if (focused && providers.contested().some(({ used }) => !used)) readSettings();
    lookAtAll();
  });
  return new vscode.Disposable(() => {
    for (const end of watching) end();
    focus.dispose();
  });
}
