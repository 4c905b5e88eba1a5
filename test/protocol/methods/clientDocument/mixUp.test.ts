import assert from 'node:assert/strict';
import { documentPath, listsRedirect } from '../../../../src/protocol/grants/clientDocument.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { ProviderDefinition } from '../../../../src/providers/entries/definition.ts';
import { startDocumentHost, type DocumentHost } from '../../../servers/identityProvider/documentHost.ts';
import { startHonest, startHostile, type UnnamedServer } from '../../../servers/hostile/mixedUpServers.ts';
import { editorRedirectUri, signInTrial, type SignInTrial } from '../../signingIn.ts';

const named = {
  client_id_metadata_document_supported: true,
  authorization_response_iss_parameter_supported: true,
};
const unnamed = { ...named, authorization_response_iss_parameter_supported: false };

/** A hostile provider sends the person on to an honest one, which reads the document and names itself nowhere. */
interface Attack {
  readonly hostile: Partial<ProviderDefinition>;
  readonly method: 'loopback' | 'uri-handler' | 'paste';
  /** What the hostile one announces, and what it announces once the browser is open. */
  readonly announces: object;
  readonly later?: object;
  /** How the sign-in ends; `ignored`: it goes on waiting. */
  readonly ends: RegExp | 'ignored';
}

const own = { clientId: 'editor' };
const attacks: Record<string, Attack> = {
  'at the path of many presets, by a loopback address': {
    hostile: { ...own, redirect: { path: '/callback' } },
    method: 'loopback',
    announces: unnamed,
    ends: 'ignored',
  },
  'at its own path, by the address of the editor': {
    hostile: own,
    method: 'uri-handler',
    announces: unnamed,
    ends: 'ignored',
  },
  'at its own path, by an address that is pasted': {
    hostile: own,
    method: 'paste',
    announces: unnamed,
    ends: 'ignored',
  },
  'at the path of documents, in its settings': {
    hostile: { ...own, redirect: { path: documentPath } },
    method: 'loopback',
    announces: unnamed,
    ends: /"redirect\.path" is that of client ID metadata documents/,
  },
  'with the document, without naming itself': {
    hostile: { clientId: '' },
    method: 'loopback',
    announces: unnamed,
    ends: /doesn’t name itself/,
  },
  'with the document': {
    hostile: { clientId: '' },
    method: 'loopback',
    announces: named,
    ends: /came from a server that didn’t identify itself instead of/,
  },
  'with the document, by the address of the editor': {
    hostile: { clientId: '' },
    method: 'uri-handler',
    announces: named,
    ends: /came from a server that didn’t identify itself instead of/,
  },
  'with the document, if it no longer announces to name itself': {
    hostile: { clientId: '' },
    method: 'loopback',
    announces: named,
    later: unnamed,
    ends: /came from a server that didn’t identify itself instead of/,
  },
};

describe('a hostile provider, and an honest one that reads the client ID metadata document', () => {
  let documents: DocumentHost;
  let honest: UnnamedServer;
  let hostile: UnnamedServer;
  before(async () => {
    documents = await startDocumentHost();
  });
  after(() => documents.close());
  afterEach(async () => {
    await hostile.close();
    await honest.close();
  });

  for (const [what, attack] of Object.entries(attacks)) {
    it(`doesn’t get the code of the other: ${what}`, async () => {
      const redirectUris = [`http://127.0.0.1${documentPath}`, `${editorRedirectUri}${documentPath}`];
      const address = documents.publish({ redirect_uris: redirectUris });
      honest = await startHonest(uri => listsRedirect({ address, redirectUris }, uri));
      let announced = attack.announces;
      hostile = await startHostile(
        () => honest,
        ({ redirectUri, state }) => {
          const { protocol, host } = new URL(redirectUri);
          return { redirectUri: `${protocol}//${host}${documentPath}`, state };
        },
        () => announced,
      );
      const outcome = await trySignIn(attack, address, () => (announced = attack.later ?? announced));
      assert.deepEqual(hostile.tokenRequests, []);
      assert.match(outcome, attack.ends === 'ignored' ? /^ignored$/ : attack.ends);
    });
  }

  async function trySignIn(attack: Attack, address: string, change: () => void): Promise<string> {
    const over = new AbortController();
    let paste: ((text: string) => unknown) | undefined;
    const trial: SignInTrial = signInTrial({
      fetch: documents.fetch,
      clientDocument: address,
      method: attack.method,
      async browser(opened, deliver) {
        change();
        trial.context.httpContext.metadata.forget(hostile.issuer);
        const onward = (await fetch(opened, { redirect: 'manual' })).headers.get('location') ?? '';
        const end = (await fetch(onward, { redirect: 'manual' })).headers.get('location');
        if (end === null) throw new Error('The honest server refused that redirect URI.');
        const takes = async (): Promise<boolean> => {
          if (attack.method === 'paste') return paste?.(end) === undefined;
          return attack.method === 'loopback' ? (await fetch(end)).ok : deliver(new URL(end));
        };
        if (!(await takes())) over.abort(new Error('ignored'));
      },
    });
    const provider = trial.provider({ issuer: hostile.issuer, ...attack.hostile });
    try {
      const onPlan = (_: unknown, control: { paste(text: string): unknown }) =>
        (paste = text => control.paste(text));
      await trial.signIn(provider, { signal: over.signal, onPlan });
      return 'signed in';
    } catch (error) {
      if (error instanceof Failure) return `${error.message} ${String(error.details['why'] ?? '')}`;
      return error instanceof Error ? error.message : String(error);
    }
  }
});
