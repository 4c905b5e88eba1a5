import { realmName } from './realm.ts';

type Json = Readonly<Record<string, unknown>>;

/** Another server that asserts who somebody is. */
export interface Asserter {
  /** The name that Keycloak has for it. */
  readonly alias: string;
  readonly issuer: string;
  readonly jwksUrl: string;
}

export interface AssertedClient {
  readonly clientId: string;
  readonly secret: string;
  /** What its access tokens are for: Keycloak doesn't read `resource`. */
  readonly audience: string;
}

/** What an administrator does in the console, by Keycloak's own interface for it. */
export interface Admin {
  importRealm(realm: Json): Promise<void>;
  /** Lets this computer register clients without a token; a new realm trusts no host. */
  openRegistration(): Promise<void>;
  /** A token for one or more registrations. */
  initialAccessToken(): Promise<string>;
  /** Changes some settings of a client; its attributes are merged. */
  changeClient(clientId: string, change: Json & { readonly attributes?: Json }): Promise<void>;
  /** As "Import client" does with a file. */
  importClient(client: Json): Promise<void>;
  removeClient(clientId: string): Promise<void>;
  /** Binds the refresh tokens of public clients to keys, and no access token; or no longer. */
  bindRefreshTokens(isOn: boolean): Promise<void>;
  /** Accepts client ID metadata documents from this computer, with redirect URIs of these domains; undefined: none. */
  acceptDocuments(trusted: readonly string[] | undefined): Promise<void>;
  /** Enforces one of Keycloak's own client profiles for all clients; undefined: none. */
  enforceProfile(name: string | undefined): Promise<void>;
  /** Takes the identity assertions of another server; they are for this confidential client. */
  takeAssertions(issuer: Asserter, client: AssertedClient): Promise<void>;
  /** Says by which subject that server knows a person. */
  linkPerson(username: string, alias: string, subject: string): Promise<void>;
  /** Ends all sessions of a person, with their refresh tokens. */
  endSessions(username: string): Promise<void>;
  hasSession(username: string): Promise<boolean>;
  /** The user name alone is one level of a sign-in, the password another (`acr`). */
  addStepUp(clientId: string): Promise<void>;
}

export function createAdmin(base: string, { name, password }: { name: string; password: string }): Admin {
  let token = '';
  let until = 0;
  const freshToken = async (): Promise<string> => {
    if (Date.now() < until) return token;
    const answer = await fetch(`${base}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: name, password }),
    });
    ({ access_token: token } = (await answer.json()) as { access_token: string });
    until = Date.now() + 30_000;
    return token;
  };

  const ask = async <T = Json>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${base}/admin/realms${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await freshToken()}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  };

  const own = `/${realmName}`;
  const first = async (kind: string, query: string): Promise<Json & { id: string }> => {
    const [found] = await ask<(Json & { id: string })[]>('GET', `${own}/${kind}?${query}`);
    if (!found) throw new Error(`There is none of ${kind} with ${query}`);
    return found;
  };
  const client = (clientId: string) => first('clients', `clientId=${encodeURIComponent(clientId)}`);
  const user = (username: string) => first('users', `username=${username}&exact=true`);

  return {
    importRealm: async realm => void (await ask('POST', '', realm)),
    async openRegistration() {
      const policies = await ask<Json[]>(
        'GET',
        `${own}/components?type=org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy`,
      );
      const policy = policies.find(
        ({ providerId, subType }) => providerId === 'trusted-hosts' && subType === 'anonymous',
      );
      const config = {
        'host-sending-registration-request-must-match': ['true'],
        'client-uris-must-match': ['true'],
        'trusted-hosts': ['127.0.0.1', 'localhost'],
      };
      await ask('PUT', `${own}/components/${String(policy?.['id'])}`, { ...policy, config });
    },
    async initialAccessToken() {
      const made = await ask<{ token: string }>('POST', `${own}/clients-initial-access`, {
        count: 100,
        expiration: 3600,
      });
      return made.token;
    },
    async changeClient(clientId, change) {
      const found = await client(clientId);
      const attributes = { ...(found['attributes'] as Json), ...change.attributes };
      await ask('PUT', `${own}/clients/${found.id}`, { ...found, ...change, attributes });
    },
    importClient: async client => void (await ask('POST', `${own}/clients`, client)),
    async removeClient(clientId) {
      await ask('DELETE', `${own}/clients/${(await client(clientId)).id}`);
    },
    async bindRefreshTokens(isOn) {
      const configuration = {
        'auto-configure': false,
        'enforce-authorization-code-binding-to-dpop': false,
        'allow-only-refresh-token-binding': true,
      };
      const profile = { name: 'dpop', executors: [{ executor: 'dpop-bind-enforcer', configuration }] };
      const condition = { condition: 'client-access-type', configuration: { type: ['public'] } };
      const policy = { name: 'dpop', enabled: true, conditions: [condition], profiles: [profile.name] };
      await ask('PUT', `${own}/client-policies/policies`, { policies: [] });
      await ask('PUT', `${own}/client-policies/profiles`, { profiles: isOn ? [profile] : [] });
      await ask('PUT', `${own}/client-policies/policies`, { policies: isOn ? [policy] : [] });
    },
    async acceptDocuments(trusted) {
      const executor = {
        executor: 'client-id-metadata-document',
        configuration: {
          'cimd-allow-http-scheme': true,
          'cimd-allow-permitted-domains': trusted,
          'cimd-restrict-same-domain': false,
          'cimd-required-properties': [],
          'only-allow-confidential-client': false,
        },
      };
      const condition = {
        condition: 'client-id-uri',
        configuration: {
          'client-id-uri-scheme': ['http', 'https'],
          'client-id-uri-allow-permitted-domains': ['127.0.0.1'],
        },
      };
      const name = 'documents';
      const policy = { name, enabled: true, conditions: [condition], profiles: [name] };
      await ask('PUT', `${own}/client-policies/policies`, { policies: [] });
      await ask('PUT', `${own}/client-policies/profiles`, {
        profiles: trusted ? [{ name, executors: [executor] }] : [],
      });
      await ask('PUT', `${own}/client-policies/policies`, { policies: trusted ? [policy] : [] });
    },
    async enforceProfile(name) {
      const conditions = [{ condition: 'any-client', configuration: {} }];
      const policies = name === undefined ? [] : [{ name, enabled: true, conditions, profiles: [name] }];
      await ask('PUT', `${own}/client-policies/policies`, { policies });
    },
    async takeAssertions({ alias, issuer, jwksUrl }, { clientId, secret, audience }) {
      await ask('POST', `${own}/identity-provider/instances`, {
        alias,
        providerId: 'oidc',
        enabled: true,
        hideOnLogin: true,
        config: {
          issuer,
          jwksUrl,
          useJwksUrl: 'true',
          validateSignature: 'true',
          authorizationUrl: `${issuer}/auth`,
          tokenUrl: `${issuer}/token`,
          clientId: 'unused',
          clientSecret: 'unused',
          jwtAuthorizationGrantEnabled: 'true',
          jwtAuthorizationGrantAssertionReuseAllowed: 'false',
        },
      });
      await ask('POST', `${own}/clients`, {
        clientId,
        secret,
        publicClient: false,
        standardFlowEnabled: false,
        attributes: {
          'oauth2.jwt.authorization.grant.enabled': 'true',
          'oauth2.jwt.authorization.grant.idp': alias,
        },
        protocolMappers: [
          {
            name: 'api',
            protocol: 'openid-connect',
            protocolMapper: 'oidc-audience-mapper',
            config: { 'included.custom.audience': audience, 'access.token.claim': 'true' },
          },
        ],
      });
    },
    async linkPerson(username, alias, subject) {
      const path = `${own}/users/${(await user(username)).id}/federated-identity/${alias}`;
      await ask('POST', path, { userId: subject, userName: username, identityProvider: alias });
    },
    async endSessions(username) {
      await ask('POST', `${own}/users/${(await user(username)).id}/logout`);
    },
    async hasSession(username) {
      const sessions = await ask<Json[]>('GET', `${own}/users/${(await user(username)).id}/sessions`);
      return sessions.length > 0;
    },
    async addStepUp(clientId) {
      const flows = `${own}/authentication/flows`;
      const flow = { providerId: 'basic-flow', topLevel: true, builtIn: false };
      await ask('POST', flows, { ...flow, alias: 'step-up' });
      const addFlow = (to: string, alias: string) =>
        ask('POST', `${flows}/${to}/executions/flow`, {
          alias,
          type: 'basic-flow',
          provider: 'registration-page-form',
        });
      const addStep = (to: string, provider: string) =>
        ask('POST', `${flows}/${to}/executions/execution`, { provider });
      await addStep('step-up', 'auth-cookie');
      await addFlow('step-up', 'levels');
      const authenticators = ['auth-username-password-form', 'auth-password-form'];
      for (const [at, authenticator] of authenticators.entries()) {
        await addFlow('levels', `level-${at + 1}`);
        await addStep(`level-${at + 1}`, 'conditional-level-of-authentication');
        await addStep(`level-${at + 1}`, authenticator);
      }
      let level = 0;
      for (const step of await ask<Json[]>('GET', `${flows}/step-up/executions`)) {
        const { providerId, displayName } = step;
        const alternative = providerId === 'auth-cookie' || displayName === 'levels';
        const isLevel = /^level-\d/.test(String(displayName));
        const requirement = alternative ? 'ALTERNATIVE' : isLevel ? 'CONDITIONAL' : 'REQUIRED';
        await ask('PUT', `${flows}/step-up/executions`, { ...step, requirement });
        if (providerId !== 'conditional-level-of-authentication') continue;
        level += 1;
        await ask('POST', `${own}/authentication/executions/${String(step['id'])}/config`, {
          alias: `level-${level}`,
          config: { 'loa-condition-level': String(level), 'loa-max-age': level === 1 ? '36000' : '0' },
        });
      }
      const made = (await ask<Json[]>('GET', flows)).find(({ alias }) => alias === 'step-up');
      const found = await client(clientId);
      await ask('PUT', `${own}/clients/${found.id}`, {
        ...found,
        authenticationFlowBindingOverrides: { browser: made?.['id'] },
      });
    },
  };
}
