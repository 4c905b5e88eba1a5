import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as prettier from 'prettier';
import { generatedErrors } from './errors.ts';
import { generatedProviderDocuments } from './providerDocuments.ts';
import { providerDefinitionSchema, providerIdSchema } from '../../src/providers/definition.ts';

const manifestFile = new URL('../../package.json', import.meta.url);

interface Manifest {
  contributes: { configuration: { properties: Record<string, unknown> } };
}

/**
 * The manifest with the parts that follow from the code: the schema of `oidc.providers`, by which the settings
 * editor completes and checks it.
 */
export async function generatedManifest(): Promise<{ current: string; generated: string }> {
  const current = await readFile(manifestFile, 'utf8');
  const manifest = JSON.parse(current) as Manifest;
  manifest.contributes.configuration.properties['oidc.providers'] = providersSetting();
  const options = { ...(await prettier.resolveConfig(manifestFile)), parser: 'json-stringify' };
  return { current, generated: await prettier.format(JSON.stringify(manifest), options) };
}

function providersSetting(): object {
  const entry = toJsonSchema(providerDefinitionSchema, { errorMode: 'ignore' });
  delete entry.$schema;
  const [id] = providerIdSchema.pipe.filter(part => part.type === 'regex');
  return {
    type: 'object',
    scope: 'application',
    default: {},
    markdownDescription:
      'The identity providers to sign in with: an object from provider id to provider. The id is what extensions pass to `vscode.authentication.getSession`; the first one is best called `oidc`.',
    propertyNames: { pattern: id?.requirement.source },
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
  await writeFile(manifestFile, (await generatedManifest()).generated);
  for (const { file, generated } of [await generatedErrors(), ...(await generatedProviderDocuments())]) {
    await mkdir(new URL('.', file), { recursive: true });
    await writeFile(file, generated);
  }
}
