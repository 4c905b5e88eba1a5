import type { ProviderDefinition } from '../settings/schema.ts';

/** A value that a preset needs from the user. */
export interface PresetValue {
  /** What it is, as a prompt. */
  readonly prompt: string;
  readonly example: string;
  readonly pattern: RegExp;
  /** Used if the user doesn't enter a value. */
  readonly fallback?: string;
}

/** A kind of client that can be registered at a provider, where there are several. */
export interface PresetClient {
  readonly label: string;
  /** What it is good for, as a sentence. */
  readonly detail: string;
  /** The steps to create one with the provider. */
  readonly registration: readonly string[];
  /** The settings for it, in addition to those of the preset. */
  readonly definition: Pick<ProviderDefinition, 'clientAuthentication' | 'signInMethod' | 'userLookup'>;
  /** The editor registers it, so there is no client ID to set. */
  readonly registersItself?: true;
}

/** The settings of a known provider. `{name}` in a string is replaced by the value of that name. */
export interface Preset {
  readonly label: string;
  readonly values: Readonly<Record<string, PresetValue>>;
  readonly definition: Omit<ProviderDefinition, 'preset' | 'presetValues'>;
  /** The steps to create a client with the provider. */
  readonly registration: readonly string[];
  /**
   * The kinds of clients, starting with the default one. If undefined, there is one kind, which `registration`
   * describes.
   */
  readonly clients?: Readonly<Record<string, PresetClient>>;
  /** The provider's own page about it. */
  readonly documentation: string;
  /** The provider's own page that says which redirect URIs it takes, where there is one. */
  readonly redirectUris?: string;
}

/** A host, with a port if need be, and without a scheme. */
export const host = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/;

/** A host, optionally followed by a path. */
export const hostAndPath = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._~-]+)*$/;

/** A loopback port of this extension's own, for providers that compare redirect URIs with their port. */
export const registeredPort = 47_811;
