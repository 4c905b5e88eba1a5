import type { ProviderDefinition } from '../settings/schema.ts';

/** Something that a preset needs to know of the person. */
export interface PresetValue {
  /** What it is, as a prompt. */
  readonly prompt: string;
  readonly example: string;
  readonly pattern: RegExp;
  /** Used if the person says nothing. */
  readonly fallback?: string;
}

/** A kind of client that can be registered at a provider, where there are several. */
export interface PresetClient {
  readonly label: string;
  /** What it is good for, as a sentence. */
  readonly detail: string;
  /** What to do at the provider to get one, step by step. */
  readonly registration: readonly string[];
  /** What stands in the settings for it, besides those of the preset. */
  readonly definition: Pick<ProviderDefinition, 'clientAuthentication' | 'signInMethod' | 'userLookup'>;
  /** The editor registers it, so that there is no client id to set. */
  readonly registersItself?: true;
}

/** The settings of a known provider. `{name}` in a text stands for the value of that name. */
export interface Preset {
  readonly label: string;
  readonly values: Readonly<Record<string, PresetValue>>;
  readonly definition: Omit<ProviderDefinition, 'preset' | 'presetValues'>;
  /** What to do at the provider to get a client, step by step. */
  readonly registration: readonly string[];
  /** The kinds of clients, the usual one first; undefined: there is one, which `registration` is about. */
  readonly clients?: Readonly<Record<string, PresetClient>>;
  /** The provider's own page about it. */
  readonly documentation: string;
  /** The provider's own page that says which redirect URIs it takes, where there is one. */
  readonly redirectUris?: string;
}

/** A host, with a port if need be, and without a scheme. */
export const host = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/;

/** A host that may be followed by a path. */
export const hostAndPath = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._~-]+)*$/;

/** A loopback port of this extension's own, for providers that compare redirect URIs with their port. */
export const registeredPort = 47_811;
