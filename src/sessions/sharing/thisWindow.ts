import type { ToldTrouble } from '../refresh/memories.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { Comparing } from './comparison.ts';
import type { GrantSync } from './grantSync.ts';
import type { HandOver } from './handOver.ts';
import { canRenewSchema, received, removalSchema, responseSchema, troubleSchema } from './received.ts';
import type { WindowCalls } from './windowCalls.ts';
import type { Grant } from '../grant/grant.ts';

interface WindowParts {
  readonly cache: GrantCache;
  readonly comparing: Comparing;
  readonly handOver: HandOver;
  readonly sync: GrantSync;
  name(): string;
  /** Takes over what the leader announces about a grant. Null: the trouble is over. */
  hear(grantId: string, trouble: ToldTrouble | null): Promise<void>;
  isFocused(): boolean;
  showSignInNeeded(grant: Grant): void;
  deliver(path: string, parameters: URLSearchParams): boolean;
}

export function thisWindow(parts: WindowParts): WindowCalls {
  const { cache, comparing, handOver, sync, name } = parts;
  return {
    grantChanged: text => void sync.adopt(text),
    grantRemoved: told => void sync.adoptRemoval(received(removalSchema, told)),
    storageAnswers: () => cache.answers(),
    async canRenew(...asked) {
      const [grantId] = received(canRenewSchema, asked);
      const grant = await cache.get(grantId);
      return grant !== undefined && handOver.canRenew(grant) && cache.answers();
    },
    async troubleChanged(...told) {
      await parts.hear(...received(troubleSchema, told));
    },
    compare: () => comparing.again(),
    presence: async () => ({ window: name(), focused: parts.isFocused() && (await cache.answers()) }),
    async signInNeeded(window, grantId) {
      const grant = window === name() ? await cache.get(grantId) : undefined;
      if (grant?.signInNeeded ?? grant?.ending?.told) parts.showSignInNeeded(grant);
    },
    deliver(...offered) {
      const [path, parameters] = received(responseSchema, offered);
      return parts.deliver(path, new URLSearchParams(parameters));
    },
  };
}
