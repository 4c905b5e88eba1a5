import { readdir, readFile } from 'node:fs/promises';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as prettier from 'prettier';
import { parseDefinition } from '../../src/providers/entries/definition.ts';
import { presetNames, type PresetName } from '../../src/providers/settings/presetNames.ts';
import type { PresetClient } from '../../src/providers/presets/preset.ts';
import { presets } from '../../src/providers/presets/presets.ts';
import { acceptsRedirect } from '../../src/providers/settings/redirectSettings.ts';
import { providerDefinitionSchema } from '../../src/providers/settings/schema.ts';

export interface GeneratedFile {
  readonly file: URL;
  readonly current: string;
  readonly generated: string;
}

const documents = new URL('../../docs/', import.meta.url);

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
}

/** docs/provider-settings.md, and a page for each preset, as they are and as they follow from the code. */
export async function generatedProviderDocuments(): Promise<GeneratedFile[]> {
  return [
    await document('provider-settings.md', settingsReference()),
    await document('providers/README.md', await providerList()),
    ...(await Promise.all(presetNames.map(name => document(`providers/${name}.md`, presetPage(name))))),
  ];
}

async function document(path: string, text: string): Promise<GeneratedFile> {
  const file = new URL(path, documents);
  const current = await readFile(file, 'utf8').catch(() => '');
  const options = { ...(await prettier.resolveConfig(file)), parser: 'markdown' };
  return { file, current, generated: await prettier.format(text, options) };
}

function settingsReference(): string {
  const schema = toJsonSchema(providerDefinitionSchema, { errorMode: 'ignore' }) as Schema;
  return `# Settings of a provider

<!-- Written by \`npm run generate\` from src/providers/schema.ts; change it there. -->

The setting \`oidc.providers\` is an object from provider id to provider. The id is what extensions pass to
\`vscode.authentication.getSession\`. Each provider can say the following; nothing but \`issuer\` (or \`metadataUrl\`,
\`endpoints\` or a [\`preset\`](providers/README.md)) has to be said. The same can stand in the \`package.json\` of
another extension, under \`contributes.oidcProviders\`.

A client secret is never a setting: it is asked for once and kept in the secret storage of the editor.

| setting | type | what it says |
|---|---|---|
${rows(schema, '').join('\n')}
`;
}

function rows(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [
    `| \`${prefix}${name}\` | ${typeOf(member)} | ${cell(member.description ?? '')} |`,
    ...rows(member, `${prefix}${name}.`),
  ]);
}

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map(value => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.type === 'array')
    return `list of ${schema.items?.enum ? typeOf(schema.items) : (names[schema.items?.type ?? ''] ?? 'values')}s`;
  return names[schema.type ?? ''] ?? 'value';
}

const names: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'number',
  number: 'number',
  object: 'object',
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/`#(.+?)#`/g, '`$1`');

/** The pages about products without a preset, which are written by hand. */
export async function handwrittenPages(): Promise<{ readonly name: string; readonly text: string }[]> {
  const folder = new URL('providers/', documents);
  const names = (await readdir(folder)).flatMap(file => /^(.*)\.md$/.exec(file)?.[1] ?? []);
  const presetsAndList: readonly string[] = ['README', ...presetNames];
  return Promise.all(
    names
      .filter(name => !presetsAndList.includes(name))
      .sort()
      .map(async name => ({ name, text: await readFile(new URL(`${name}.md`, folder), 'utf8') })),
  );
}

async function providerList(): Promise<string> {
  const others = await handwrittenPages();
  const list = presetNames.map(name => {
    const { label, values } = presets[name];
    const asked = Object.keys(values)
      .map(value => `\`${value}\``)
      .join(', ');
    return `| [${label.replace(/ \(.*\)$/, '')}](${name}.md) | \`${name}\` | ${asked || 'nothing'} |`;
  });
  return `# Providers

<!-- Written by \`npm run generate\` from src/providers/presets; change it there. -->

For these, a preset knows in what they differ from the standards. *OIDC: Add Identity Provider…* offers them; in
\`settings.json\` they are named by \`preset\`. Any other provider works by its address alone if it keeps to the standards,
and with the [settings](../provider-settings.md) that name its differences if it does not.

| provider | \`preset\` | needs to know |
|---|---|---|
${list.join('\n')}

These need no preset. Their pages say where to register the editor:

${others.map(({ name, text }) => `- [${/^# (.*)$/m.exec(text)?.[1] ?? name}](${name}.md)`).join('\n')}
`;
}

function secretOf(hasKinds: boolean, clientAuthentication: string): string {
  const asked = 'It is asked for at the first sign-in and kept in the secret storage of the editor.';
  if (hasKinds)
    return `Where a client has a secret or key: ${asked.charAt(0).toLowerCase()}${asked.slice(1)}`;
  return clientAuthentication === 'none'
    ? 'The client is public: it has no secret.'
    : `The client has a secret. ${asked}`;
}

const numbered = (steps: readonly string[]): string =>
  steps.map((step, at) => `${at + 1}. ${step}`).join('\n');

/** A section for each kind of client, with what it takes in the settings beside the rest. */
const clientKinds = (clients: Readonly<Record<string, PresetClient>>): string =>
  Object.values(clients)
    .map(({ label, detail, registration, definition }) => {
      const takes =
        Object.keys(definition).length > 0
          ? `\n\nIn the settings, beside the rest:\n\n\`\`\`json\n${JSON.stringify(definition, null, 2)}\n\`\`\``
          : '';
      return `### ${label}\n\n${detail}\n\n${numbered(registration)}${takes}`;
    })
    .join('\n\n');

/** What people asked about a product, beside what its preset says. */
const goodToKnow: Partial<Record<PresetName, readonly string[]>> = {
  keycloak: [
    'Instead of the first three steps, import [a client that is ready](keycloak-client.json): Clients → Import client.',
    'Paste any address of the realm, such as that of the account console. Add Identity Provider finds the issuer.',
    'To let the editor register itself: Clients → Client registration → Initial access token → Create, and enter the token when asked. Without a token, Keycloak registers clients from its trusted hosts only.',
    'For a client with a secret or key, turn on "Client authentication" and set `clientAuthentication` to what Credentials → Client Authenticator says: `client_secret_basic` for "Client Id and Secret", `private_key_jwt` for "Signed Jwt". For the latter, register the key that **OIDC: Show Public Keys of a Client…** shows.',
    'Leave "Require DPoP bound tokens" off: tokens are not bound to keys yet.',
    'Without the client scope `offline_access`, a sign-in ends with the session in the browser. Add it under Clients → your client → Client scopes, as Optional.',
    'Groups: add a mapper "Group Membership" to a client scope, with "Add to userinfo" on.',
  ],
  gitlab: [
    'Self-managed GitLab has device codes since version 17.9.',
    'Only the application that a token was made for can introspect it. For another one GitLab says `"active": false`.',
    'Apache httpd accepts these tokens with mod_auth_openidc: `OIDCOAuthIntrospectionEndpoint https://gitlab.example.com/oauth/introspect`, with `OIDCOAuthClientID` and `OIDCOAuthClientSecret` of the application that people sign in to. Groups are in UserInfo only, so a gateway has to merge the two; [a working example](../../test/servers/resourceServers/apache.ts) does.',
  ],
};

function presetPage(name: PresetName): string {
  const {
    label,
    values,
    registration,
    documentation,
    redirectUris: aboutRedirects,
    definition,
    clients,
  } = presets[name];
  const examples = Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value.fallback === undefined)
      .map(([key, value]) => [key, value.example]),
  );
  const entry = {
    preset: name,
    ...(Object.keys(examples).length > 0 && { presetValues: examples }),
    clientId: '<the client id>',
  };
  const parsed = parseDefinition('oidc', entry);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { redirect, clientAuthentication } = parsed.provider;
  const path = redirect.path ?? '/callback';
  const ports = redirect.loopbackPorts ?? ['<any port>'];
  const loopback = ports.map(port => `http://${redirect.loopbackHost ?? '127.0.0.1'}:${port}${path}`);
  const redirectUris = [
    ...(acceptsRedirect(redirect, 'editor') ? [`vscode://vscode-oidc.oidc-authentication${path}`] : []),
    ...(acceptsRedirect(redirect, 'loopback') ? loopback : []),
  ];
  const asked = Object.entries(values).map(
    ([key, { prompt, example, fallback }]) =>
      `- \`${key}\`: ${prompt}, for example \`${example}\`${fallback === undefined ? '' : `; by default ${fallback === '' ? 'empty' : `\`${fallback}\``}`}`,
  );
  return `# ${label.replace(/ \(.*\)$/, '')}

<!-- Written by \`npm run generate\` from src/providers/presets; change it there. -->

## At the provider

${clients ? clientKinds(clients) : numbered(registration)}

See also ${documentation}${aboutRedirects === undefined ? '' : `; about redirect URIs ${aboutRedirects}`}.

Redirect URIs (another editor than VS Code has another scheme; *OIDC: Add Identity Provider…* and *OIDC: Diagnose
Provider…* show those of yours):

\`\`\`
${redirectUris.join('\n')}
\`\`\`

${secretOf(clients !== undefined, clientAuthentication)}

## In the editor

Run *OIDC: Add Identity Provider…* and choose it from the list, or write in \`settings.json\`:

\`\`\`json
${JSON.stringify({ 'oidc.providers': { oidc: entry } }, null, 2)}
\`\`\`

${asked.length > 0 ? `It needs to know:\n\n${asked.join('\n')}\n` : ''}
## What the preset sets

Each of these can be set otherwise beside \`preset\`; of \`redirect\`, each member by itself.

\`\`\`json
${JSON.stringify(definition, null, 2)}
\`\`\`
${goodToKnow[name] ? `\n## Good to know\n\n${goodToKnow[name].map(line => `- ${line}`).join('\n')}\n` : ''}`;
}
