import * as vscode from 'vscode';
import type { Cancel } from '../../platform/clock.ts';
import type { Memory } from '../../platform/storage.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { ContestedId } from '../../providers/entries/contested.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { waitsForAnswer } from '../../providers/entries/origin.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';

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
  told: Memory,
  messages: () => Promise<WaitingMessages>,
  readSettings: () => void,
): vscode.Disposable {
  const tell = (id: string, what: string, show: (messages: WaitingMessages) => Promise<void>): void => {
    const key = `waiting/${id}`;
    if (told.get(key) === what) return;
    told.set(key, what);
    void messages().then(show);
  };
  const look = (grants: readonly Grant[]): void => {
    if (!vscode.window.state.focused) return;
    for (const provider of providers.list())
      if (grants.some(grant => waitsForAnswer(grant, provider)))
        tell(provider.id, provider.terms, parts => parts.showWaiting(provider));
    for (const contested of providers.contested())
      if (!contested.used)
        tell(contested.id, JSON.stringify(contested.candidates.map(({ terms }) => terms)), parts =>
          parts.showContested(contested),
        );
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
