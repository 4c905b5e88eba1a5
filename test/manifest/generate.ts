import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as prettier from 'prettier';
import { generatedCodeTexts } from './codeTexts.ts';
import { generatedArchitecture } from './architecture.ts';
import { generatedChecks } from './checks.ts';
import { generatedGuide } from './client/guide.ts';
import { generatedClientReference } from './client/reference.ts';
import { generatedErrors } from './errors.ts';
import { authentication, extensions, type OwnExtension } from '../editor/packages/extensions.ts';
import { generatedProviderDocuments, type GeneratedFile } from './providerDocuments.ts';
import { generatedCounts } from './words/words.ts';
import { takeTexts, type Json, type Texts } from './texts.ts';
import { generatedTranslations } from './translations/translations.ts';
import { providerDefinitionSchema, providerIdSchema } from '../../src/providers/entries/definition.ts';
import { mcpServerIdSchema, mcpServerSchema } from '../../src/mcp/settings.ts';

const root = new URL('../../', import.meta.url);

interface Manifest {
  readonly [name: string]: Json;
  readonly contributes: { readonly configuration: { readonly properties: Record<string, Json> } };
}

/** The manifests and their texts. */
export const generatedManifests = async (): Promise<GeneratedFile[]> =>
  (await Promise.all(extensions.map(generatedManifest))).flat();

/**
 * The manifest of an extension and its texts. What follows from the code are the schemas of settings, by which the
 * settings editor completes and checks them.
 */
async function generatedManifest(extension: OwnExtension): Promise<GeneratedFile[]> {
  const manifestFile = new URL(`${extension.folder}package.json`, root);
  const textsFile = new URL(`${extension.folder}package.nls.json`, root);
  const current = await readFile(manifestFile, 'utf8');
  const currentTexts = await readFile(textsFile, 'utf8');
  const written = JSON.parse(current) as Manifest;
  if (extension === authentication) {
    written.contributes.configuration.properties['oidc.providers'] = providersSetting();
    written.contributes.configuration.properties['oidc.mcpServers'] = mcpServersSetting();
  }
  const { manifest, texts } = takeTexts(written, JSON.parse(currentTexts) as Texts);
  return [
    { file: manifestFile, current, generated: await formatted(manifest) },
    { file: textsFile, current: currentTexts, generated: await formatted(texts) },
  ];
}

async function formatted(value: unknown): Promise<string> {
  const options = { ...(await prettier.resolveConfig(root)), parser: 'json-stringify' };
  return prettier.format(JSON.stringify(value), options);
}

function providersSetting(): Json {
  const entry = toJsonSchema(providerDefinitionSchema, { errorMode: 'ignore' });
  delete entry.$schema;
  const [id] = providerIdSchema.pipe.filter(part => part.type === 'regex');
  return {
    type: 'object',
    scope: 'application',
    default: {},
    markdownDescription:
      'Identity providers to sign in with, as an object keyed by provider ID. Extensions pass this ID to `vscode.authentication.getSession`. Use `oidc` for the first one.',
    propertyNames: { pattern: id?.requirement.source ?? '' },
    additionalProperties: {
      ...(withMarkdown(entry) as object),
      defaultSnippets: [
        {
          label: 'Identity provider',
          body: {
            label: '${1:Company}',
            issuer: '${2:https://login.example.com}',
            clientId: '${3:client id}',
          },
        },
      ],
    },
  };
}

function mcpServersSetting(): Json {
  const entry = toJsonSchema(mcpServerSchema, { errorMode: 'ignore' });
  delete entry.$schema;
  const [id] = mcpServerIdSchema.pipe.filter(part => part.type === 'regex');
  return {
    type: 'object',
    scope: 'application',
    default: {},
    markdownDescription:
      'MCP servers that accept the access token of an identity provider, as an object keyed by a name of your choice. The editor starts them with the token of your sign-in.',
    propertyNames: { pattern: id?.requirement.source ?? '' },
    additionalProperties: {
      ...(withMarkdown(entry) as object),
      defaultSnippets: [
        {
          label: 'MCP server',
          body: { url: '${1:https://mcp.example.com/mcp}', provider: '${2:oidc}', scopes: [] },
        },
      ],
    },
  };
}

/** The settings editor shows Markdown only from `markdownDescription`. */
function withMarkdown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMarkdown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      name === 'description' && typeof member === 'string'
        ? ['markdownDescription', member]
        : [name, withMarkdown(member)],
    ),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = [
    ...(await generatedManifests()),
    ...(await generatedCodeTexts()),
    await generatedErrors(),
    await generatedClientReference(),
    await generatedGuide(),
    await generatedChecks(),
    await generatedArchitecture(),
    ...(await generatedProviderDocuments()),
  ];
  for (const { file, generated } of files) {
    await mkdir(new URL('.', file), { recursive: true });
    await writeFile(file, generated);
  }
  // They follow from what has just been written.
  for (const { file, generated } of await generatedTranslations()) await writeFile(file, generated);
  const { file, generated } = await generatedCounts();
  await writeFile(file, generated);
}
