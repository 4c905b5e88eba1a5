import assert from 'node:assert/strict';
import { createConfiguredProviders } from '../../../../src/providers/entries/configuredProviders.ts';
import {
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../../../../src/providers/entries/definition.ts';
import { agreementKey } from '../../../../src/providers/entries/terms.ts';
import type { Metadata } from '../../../../src/protocol/server/metadata.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { createTrust } from '../../../../src/signIn/trust.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { memoryOf } from '../../../standIns/memento.ts';
import { personParts, quietSignIns } from '../../../standIns/personParts.ts';
import { accountsInMemory } from '../../sessions/accountsInMemory.ts';
import { someGrant, someTokens } from '../../sessions/someGrant.ts';

const { editor } = await import('../../../standIns/editor/vscode.ts');
const { signInAgain } = await import('../../../../src/ui/signIn/signInAndKeep.ts');
const { createRepeating } = await import('../../../../src/ui/problems/repeating.ts');
const { readProviders } = await import('../../../../src/providers/entries/settings.ts');

export const issuer = 'https://login.example.com';
export const definition: ProviderDefinition = {
  issuer,
  clientId: 'editor',
  label: 'Company',
  discovery: false,
  endpoints: { authorization: `${issuer}/authorize`, token: `${issuer}/token` },
  scopes: ['openid'],
};
export const stay = 'Stay Signed In';

/** What helps, `undefined` if the sign-in lasts, or why it fails. */
export type Outcome = string | undefined | Error;

export interface Given {
  /** What the sign-ins come to: in their order, or by the settings at that time. */
  readonly come: readonly Outcome[] | ((provider: Provider) => Outcome);
  readonly press?: string | undefined;
  readonly contributedBy?: string;
  readonly entry?: ProviderDefinition;
  readonly metadata?: Metadata;
}

/** A person who signs in, and presses a button of the first message about it. */
export function person({ come, press, contributedBy, entry = definition, metadata = { issuer } }: Given) {
  editor.settings = contributedBy === undefined ? { providers: { oidc: entry } } : {};
  [editor.messages, editor.warnings, editor.errors] = [[], [], []];
  editor.presses = press;
  const parsed = parseDefinition('oidc', entry, contributedBy);
  assert.ok(parsed.ok);
  const { provider } = parsed;
  const providers = createConfiguredProviders();
  providers.update([provider]);
  const memory = memoryOf();
  memory.set(agreementKey('oidc'), provider.terms);
  const { accounts, cache } = accountsInMemory();
  const tried: Provider[] = [];
  const { httpContext } = personParts({ providers, accounts });
  const parts = personParts({
    providers,
    accounts,
    httpContext: {
      ...httpContext,
      metadata: {
        ...httpContext.metadata,
        get: () => Promise.resolve({ metadata, metadataAddress: issuer }),
      },
    },
    repeating: createRepeating(memory),
    trust: createTrust({
      memory,
      ask: () => assert.fail('nothing is asked'),
      hasSignIns: () => Promise.resolve(true),
      onAgreed: () => Promise.resolve(),
    }),
    readSettings: async () => providers.update((await readProviders(() => undefined)).providers),
    signIns: quietSignIns(({ provider: asked }) => {
      const comes = typeof come === 'function' ? come(asked) : come[tried.length];
      tried.push(asked);
      // Only the first message is answered.
      if (tried.length > 1) editor.presses = undefined;
      return comes instanceof Error
        ? Promise.reject(comes)
        : Promise.resolve(grantOf(asked, tried.length, comes));
    }),
  });
  return { parts, provider, providers, cache, tried };
}

export const grantOf = ({ terms }: Provider, serial: number, cure: string | undefined): Grant =>
  someGrant({
    id: `grant-000${serial}`,
    binding: { issuer, clientId: 'editor', tokenEndpoint: `${issuer}/token`, terms },
    tokens: someTokens(serial, cure === undefined ? {} : { refreshToken: undefined }),
    ending: cure === undefined ? undefined : { cure },
  });

export async function signedIn(given: Given) {
  const made = person(given);
  await signInAgain(made.parts, 'oidc', { scopes: ['openid'], account: undefined });
  await settled();
  return made;
}
