import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { secondsNow, type Cancel, type Clock } from '../../platform/clock.ts';
import { createQueue } from '../../platform/queue.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Sendings } from '../../protocol/server/sendings.ts';
import { fateOf } from '../../sessions/grant/fate.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { blank } from '../../sessions/grant/memory.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';
import type { Sharing } from '../../sessions/sharing/sharing.ts';
import { setBadge } from '../show.ts';
import { registerClaims } from './claimsEditor.ts';
import { asOwn } from '../clicks.ts';
import { createSignInCounts } from './counts.ts';
import { redraw, type Line } from './lines.ts';
import type { Row } from './rows.ts';

export const viewId = 'oidc.signIns';

export interface SignInsViewContext {
  readonly providers: ConfiguredProviders;
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly sendings: Pick<Sendings, 'withheld' | 'onDidWithhold'>;
  readonly sharing: Pick<Sharing, 'memories'>;
}

/**
 * Shows who is signed in where, and the state of each sign-in. It follows what happens in all windows. A timer runs
 * only while the view is visible, for the words that tell how much time is left. The code that draws it is loaded when
 * the view is first visible.
 */
export function createSignInsView(context: SignInsViewContext): vscode.Disposable {
  const { providers, cache, clock, sharing, sendings } = context;
  const changes = new vscode.EventEmitter<readonly Line[] | undefined>();
  const inTurn = createQueue();
  let lines: readonly Line[] | undefined;
  let cancelTimer: Cancel = () => undefined;

  const rows = async (): Promise<readonly Row[]> => {
    const list = providers.list();
    const [{ rowsOf, nextChange }, ...grants] = await Promise.all([
      import('./rows.ts'),
      // A storage that can't be read has nothing to show. The accounts have logged it.
      ...list.map(({ id }) => cache.ofProvider(id).catch(() => [])),
    ]);
    const memory = (id: string) => sharing.memories.of(id);
    const drawn = rowsOf({
      providers: list,
      contested: providers.contested(),
      grants: grants.flat(),
      memory,
      withheld: sendings.withheld,
      now: secondsNow(clock),
    });
    redrawAt(nextChange(drawn));
    return drawn;
  };

  /** Updates the lines, and redraws only what has changed: see {@link Line}. */
  const update = (): Promise<void> =>
    inTurn(async () => {
      const { changed, moved, ...redrawn } = redraw(lines ?? [], await rows());
      lines = redrawn.lines;
      if (moved) changes.fire(undefined);
      else if (changed.length > 0) changes.fire(changed);
    });

  const redrawAt = (seconds: number | undefined): void => {
    cancelTimer();
    if (seconds === undefined || !view.visible) return;
    cancelTimer = clock.after(Math.max(1000, seconds * 1000 - clock.now()), () => void update());
  };

  const view = vscode.window.createTreeView<Line>(viewId, {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: changes.event as vscode.Event<Line[] | undefined>,
      async getChildren(line) {
        if (!lines) await update();
        return (line ? line.children : (lines ?? [])).map(asOwn);
      },
      getTreeItem: async line => (await import('./treeItem.ts')).treeItem(line),
    },
  });

  const attention = createAttention(context, view);
  let waits = false;
  /** One drawing for all changes until it begins. */
  const updateSoon = (): void => {
    if (waits || !view.visible) return;
    waits = true;
    void inTurn(() => Promise.resolve(void (waits = false))).then(update);
  };
  const changed = (): void => {
    attention();
    updateSoon();
  };
  const watching: Cancel[] = [
    providers.onDidChange(changed),
    cache.onDidChange(changed),
    cache.onDidLoad(grant => {
      attention(grant);
      updateSoon();
    }),
    sharing.memories.onDidChange(changed),
    sendings.onDidWithhold(changed),
  ];

  const visibility = view.onDidChangeVisibility(({ visible }) => {
    cancelTimer();
    if (visible) void update();
  });

  const claims = registerClaims(context);

  return {
    dispose() {
      cancelTimer();
      for (const end of watching) end();
      for (const part of [claims, visibility, view, changes]) part.dispose();
    },
  };
}

/**
 * Keeps the editor informed of what depends on the sign-ins: whether the view is there at all, which steps of the
 * walkthrough are done, and how many sign-ins need the user. Only the last draws attention.
 */
function createAttention(
  { providers, cache, clock }: SignInsViewContext,
  view: vscode.TreeView<Line>,
): (loaded?: Grant) => void {
  const told = new Map<string, boolean>();
  const tell = (key: string, value: boolean): void => {
    if (told.get(key) === value) return;
    told.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const counts = createSignInCounts(grant => {
    const provider = providers.of(grant);
    return provider && fateOf(grant, provider, blank, secondsNow(clock)).kind === 'needs-sign-in';
  });
  return loaded => {
    if (loaded) counts.add(loaded);
    else counts.again(cache.known());
    const needed = counts.needed();
    tell('oidc.hasProvider', providers.list().length > 0);
    tell('oidc.isSignedIn', counts.signedIn() > 0);
    if ((view.badge?.value ?? 0) === needed) return;
    const tooltip = needed === 1 ? l10n.t('One sign-in needs you') : l10n.t('{0} sign-ins need you', needed);
    setBadge(view, needed > 0 ? { value: needed, tooltip } : undefined);
  };
}
