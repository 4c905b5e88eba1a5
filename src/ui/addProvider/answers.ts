import type { Secret } from '../../platform/secret.ts';
import { shown, type Shown } from '../../platform/shown.ts';
import { presetForMetadata } from '../../providers/presets/knownMetadata.ts';
import type { KnownHost } from '../../providers/presets/knownHosts.ts';
import {
  firstProviderId,
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../../providers/entries/definition.ts';
import type { FoundServer } from '../../providers/lookUp/lookUp.ts';
import type { PresetClient } from '../../providers/presets/preset.ts';
import { presets } from '../../providers/presets/presets.ts';
import type { PresetName } from '../../providers/settings/presetNames.ts';
import { chosenScopes } from './scopes.ts';

/** What has been answered so far. */
export interface Answers {
  readonly typed?: string;
  readonly preset?: PresetName | undefined;
  readonly presetValues?: Readonly<Record<string, string>> | undefined;
  readonly found?: FoundServer;
  /** Use nothing but the metadata, although the product is known. */
  readonly isPlain?: boolean;
  /** Undefined: the editor registers itself. */
  readonly clientId?: string | undefined;
  readonly clientAuthentication?: ProviderDefinition['clientAuthentication'];
  readonly dpop?: ProviderDefinition['dpop'];
  /** Kept in memory only, and only until the wizard is left. */
  readonly secret?: Secret | undefined;
  /** Of a preset that knows several kinds of clients. */
  readonly clientKind?: string | undefined;
  /** No user signs in: the client gets the tokens. */
  readonly isService?: boolean | undefined;
  /** The user that an impersonating service client acts for. */
  readonly userLookup?: ProviderDefinition['userLookup'];
  readonly scopes?: readonly string[] | undefined;
  readonly label?: string;
  readonly id?: string;
  /** What was typed on pages that were left by Back. */
  readonly drafts?: Readonly<Record<string, string>>;
}

/** The label of a preset, without what tells its providers apart. */
export const presetName = (preset: PresetName): Shown => shown(presets[preset].label.split(' (')[0] ?? '');

/** Returns the chosen kind of client, of a preset that has several. */
export const kindOf = ({ preset, clientKind }: Answers): PresetClient | undefined =>
  preset === undefined ? undefined : presets[preset].clients?.[clientKind ?? ''];

/** True if no user signs in. */
export const isForService = (answers: Answers): boolean =>
  answers.isService === true || kindOf(answers)?.definition.signInMethod !== undefined;

/** Starts with this typed URL. Forgets what was entered for another provider. */
export const withTyped = (answers: Answers, typed: string): Answers =>
  answers.typed === typed ? answers : { typed };

/** Starts with this known provider. What was answered about another one is forgotten. */
export function withKnown(answers: Answers, { preset, values }: KnownHost): Answers {
  const isListed = answers.preset === preset && answers.typed === undefined;
  const before = isListed ? (answers.presetValues ?? {}) : undefined;
  const isSame = before && Object.entries(values).every(([name, value]) => (before[name] ?? '') === value);
  // The URL was entered later than the values were.
  return { ...(isSame ? answers : {}), preset, presetValues: { ...before, ...values } };
}

/**
 * Returns the product that a looked-up server is, if its metadata leaves no doubt. What the look-up found besides the
 * issuer has no place in a preset, so such a server is no product.
 */
export function recognized({ typed, found }: Answers): KnownHost | undefined {
  if (typed === undefined || !found || found.metadataUrl !== undefined || found.resource !== undefined)
    return undefined;
  return presetForMetadata(found.metadata);
}

/** What takes a client secret, what servers usually know first. */
export const secretMethods = ['client_secret_basic', 'client_secret_post'] as const;

/** A server that lists no methods takes basic authentication (RFC 8414 section 2). Many take the other two as well. */
export const supportedMethods = ({ found }: Answers): readonly string[] =>
  found?.metadata.token_endpoint_auth_methods_supported ?? [...secretMethods, 'private_key_jwt'];

/** Returns how the client authenticates. Undefined: as the preset says, or not at all, which no service can do. */
function methodOf({ clientAuthentication, isService, ...answers }: Answers): Answers['clientAuthentication'] {
  if (clientAuthentication !== undefined || !isService) return clientAuthentication;
  return secretMethods.find(method => supportedMethods(answers).includes(method)) ?? 'private_key_jwt';
}

/** Makes settings of what was entered. */
export function definitionOf(answers: Answers): ProviderDefinition {
  const { preset, presetValues = {}, found, clientId = '', userLookup } = answers;
  const clientAuthentication = methodOf(answers);
  const scopes = chosenScopes(answers)?.setting;
  // An empty value is the usual one.
  const values = Object.entries(presetValues).filter(([, value]) => value !== '');
  const server: ProviderDefinition = preset
    ? { preset, ...(values.length > 0 && { presetValues: Object.fromEntries(values) }) }
    : {
        issuer: found?.issuer ?? '',
        ...(found?.metadataUrl !== undefined && { metadataUrl: found.metadataUrl }),
        ...(found?.allowLoopbackHttp === true && { allowLoopbackHttp: true }),
        ...(found?.resource !== undefined && { resource: [found.resource] }),
      };
  return {
    label: labelOf(answers),
    ...server,
    ...(answers.isService && { signInMethod: 'client-credentials' }),
    ...kindOf(answers)?.definition,
    ...(userLookup && { userLookup }),
    ...(clientId !== '' && { clientId }),
    ...(clientAuthentication !== undefined && { clientAuthentication }),
    ...(answers.dpop && { dpop: answers.dpop }),
    ...(scopes && { scopes: [...scopes] }),
  };
}

/** Makes a provider of what was entered. A client ID that isn't known yet changes none of the next questions. */
export function providerOf(answers: Answers, id = firstProviderId): Provider {
  const definition = definitionOf(answers);
  const isMissing = answers.clientId === '' || answers.found === undefined;
  const parsed = parseDefinition(id, isMissing ? { ...definition, clientId: 'not-known-yet' } : definition);
  if (parsed.ok) return parsed.provider;
  throw new Error(parsed.problems.map(({ field, reason }) => `${field} ${reason}`).join('; '));
}

/** Returns the name for the Accounts menu: the given one, or one made of the provider's. */
export function labelOf({ label, preset, presetValues = {}, found }: Answers): string {
  if (label !== undefined) return label;
  if (!preset) return new URL(found?.issuer ?? '').host;
  const { label: name, values } = presets[preset];
  return name.replace(
    /\{(\w+)\}/g,
    (_, value: string) => presetValues[value] ?? values[value]?.fallback ?? value,
  );
}

/** Returns the provider ID: the given one, or one made of the name that no other provider has. */
export function idOf(answers: Answers, taken: readonly string[]): string {
  if (answers.id !== undefined) return answers.id;
  if (!taken.includes(firstProviderId)) return firstProviderId;
  const words = labelOf(answers)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const base = words.replace(/^-|-$/g, '').slice(0, 50) || 'provider';
  for (let count = 1; ; count++) {
    const id = count === 1 ? base : `${base}-${count}`;
    if (!taken.includes(id)) return id;
  }
}
