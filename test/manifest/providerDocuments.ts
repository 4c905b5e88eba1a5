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
  const options: prettier.Options = {
    ...(await prettier.resolveConfig(file)),
    parser: 'markdown',
    proseWrap: 'always',
  };
  return { file, current, generated: await prettier.format(text, options) };
}

function settingsReference(): string {
  const schema = toJsonSchema(providerDefinitionSchema, { errorMode: 'ignore' }) as Schema;
  return `# Settings of a provider

<!-- Written by \`npm run generate\` from src/providers/settings/schema.ts. Change it there. -->

The setting \`oidc.providers\` is an object keyed by provider ID. Extensions pass this ID to
\`vscode.authentication.getSession\`. Each provider can have the following settings. Only \`issuer\` (or \`metadataUrl\`,
\`endpoints\`, or a [\`preset\`](providers/README.md)) is required. The \`package.json\` of another extension can contain
the same settings under \`contributes.oidcProviders\`.

A client secret is never a setting: you enter it once, and it's kept in the editor's secret storage.

${entries(schema, '').join('\n')}
`;
}

function entries(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [
    `- \`${prefix}${name}\` (${typeOf(member)}): ${withoutLinks(member.description ?? '')}`,
    ...entries(member, `${prefix}${name}.`),
  ]);
}

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map(value => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.type === 'array') {
    const { items } = schema;
    return `array of ${items?.enum ? typeOf(items) : `${names[items?.type ?? ''] ?? 'value'}s`}`;
  }
  return names[schema.type ?? ''] ?? 'value';
}

const names: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'number',
  number: 'number',
  object: 'object',
};

/** The editor makes a link of the name of a setting between two `#`. */
const withoutLinks = (text: string): string => text.replace(/`#(.+?)#`/g, '`$1`');

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

<!-- Written by \`npm run generate\` from src/providers/presets. Change it there. -->

A preset knows how each of these differs from the standards. Select it in *OIDC: Add Identity Provider…*, or set
\`preset\` in \`settings.json\`. Any other provider works with just its URL if it follows the standards, or with
[settings](../provider-settings.md) that name its differences.

| provider | \`preset\` | required values |
|---|---|---|
${list.join('\n')}

These need no preset. Their pages show where to register the editor:

${others.map(({ name, text }) => `- [${/^# (.*)$/m.exec(text)?.[1] ?? name}](${name}.md)`).join('\n')}
`;
}

function secretOf(hasKinds: boolean, clientAuthentication: string): string {
  const asked = 'You enter it at the first sign-in, and it is kept in the editor’s secret storage.';
  if (hasKinds) return `If the client has a secret or key: ${asked.charAt(0).toLowerCase()}${asked.slice(1)}`;
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
          ? `\n\nAlso add these settings:\n\n\`\`\`json\n${JSON.stringify(definition, null, 2)}\n\`\`\``
          : '';
      return `### ${label}\n\n${detail}\n\n${numbered(registration)}${takes}`;
    })
    .join('\n\n');

/** What people asked about a product, beside what its preset says. */
const goodToKnow: Partial<Record<PresetName, readonly string[]>> = {
  keycloak: [
    'Instead of the first three steps, import [a complete client](keycloak-client.json): Clients → Import client.',
    'Paste any URL of the realm, such as the account console’s. Add Identity Provider finds the issuer.',
    'To let the editor register itself: Clients → Initial access token → Create, and enter the token when asked. Without a token, Keycloak only registers clients from the hosts under Clients → Client registration → Trusted Hosts.',
    'With the feature `cimd`, the editor needs neither: host a [client ID metadata document](../client-metadata.md#set-up-keycloak).',
    'For a client with a secret or key, turn on "Client authentication" and set `clientAuthentication` to what Credentials → Client Authenticator says: `client_secret_basic` for "Client Id and Secret", `private_key_jwt` for "Signed JWT". For the latter, register the key that **OIDC: Show Public Keys of a Client…** shows.',
    'If "Require DPoP bound tokens" is on for the client, set `dpop` to `required`. If a client policy binds only the refresh tokens of public clients (executor `dpop-bind-enforcer` with "Allow only refresh token binding"), set it to `refresh-token`. With `required`, other extensions have to [send proofs](../extension-authors.md#use-tokens-that-are-bound-to-a-key) to APIs, MCP servers of `oidc.mcpServers` can’t get the token, and in terminals `vscode-oidc header --url` prints both headers.',
    'Without the client scope `offline_access`, a sign-in ends with the session in the browser. Add it under Clients → your client → Client scopes, as Optional.',
    'Groups: add a mapper "Group Membership" to a client scope, with "Add to userinfo" on.',
  ],
  gitlab: [
    'Self-managed GitLab has device codes since version 17.3, and before that behind a feature flag.',
    'Only the application that a token was made for can introspect it. For another one GitLab says `"active": false`.',
    'Apache httpd accepts these tokens with mod_auth_openidc: `OIDCOAuthIntrospectionEndpoint https://gitlab.example.com/oauth/introspect`, with `OIDCOAuthClientID` and `OIDCOAuthClientSecret` of the application that users sign in to. Groups are in UserInfo only, so a gateway has to merge the two; [a working example](../../test/servers/resourceServers/apache.ts) does.',
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
    clientId: '<the client ID>',
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
      `- \`${key}\`: ${prompt}, for example \`${example}\`${fallback === undefined ? '' : `. Defaults to ${fallback === '' ? 'empty' : `\`${fallback}\``}`}`,
  );
  return `# ${label.replace(/ \(.*\)$/, '')}

<!-- Written by \`npm run generate\` from src/providers/presets. Change it there. -->

## Register the editor

${clients ? clientKinds(clients) : numbered(registration)}

See also ${documentation}${aboutRedirects === undefined ? '' : `, and about redirect URIs ${aboutRedirects}`}.

Redirect URIs (the scheme differs in other editors than VS Code, and *OIDC: Add Identity Provider…* and *OIDC: Diagnose
Provider…* show yours):

\`\`\`
${redirectUris.join('\n')}
\`\`\`

${secretOf(clients !== undefined, clientAuthentication)}

## Add the provider

Run *OIDC: Add Identity Provider…* and select it from the list, or add to \`settings.json\`:

\`\`\`json
${JSON.stringify({ 'oidc.providers': { oidc: entry } }, null, 2)}
\`\`\`

${asked.length > 0 ? `Values:\n\n${asked.join('\n')}\n` : ''}
## Review the preset

Your own settings override each of these, and each property of \`redirect\` separately.

\`\`\`json
${JSON.stringify(definition, null, 2)}
\`\`\`
${goodToKnow[name] ? `\n## Good to know\n\n${goodToKnow[name].map(line => `- ${line}`).join('\n')}\n` : ''}`;
}
