import { createEmitter, type Emitter } from '../../platform/emitter.ts';
import type { ContestedId } from './contested.ts';
import type { Provider } from './definition.ts';
import { belongsTo, type GrantOrigin } from './origin.ts';

/**
 * The providers as they are configured now: the one place that every part asks. What is to be done differently for
 * one provider is a field of {@link Provider}, read through `of`.
 */
export interface ConfiguredProviders {
  /** In the order of the settings. */
  list(): readonly Provider[];
  byId(id: string): Provider | undefined;
  /** The ids that several bring. */
  contested(): readonly ContestedId[];
  /** The provider that a grant came from, or undefined if it is no longer configured or points to another server. */
  of(grant: GrantOrigin): Provider | undefined;
  /** Replaces all providers, and notifies the listeners in the order of their subscription. */
  update(providers: readonly Provider[], contested?: readonly ContestedId[]): void;
  readonly onDidChange: Emitter<void>['on'];
}

export function createConfiguredProviders(): ConfiguredProviders {
  let providers: readonly Provider[] = [];
  let contested: readonly ContestedId[] = [];
  const changes = createEmitter();
  return {
    list: () => providers,
    byId: id => providers.find(provider => provider.id === id),
    of: grant => providers.find(provider => belongsTo(grant, provider)),
    contested: () => contested,
    update(now, nowContested = []) {
      providers = now;
      contested = nowContested;
      changes.fire();
    },
    onDidChange: changes.on,
  };
}
