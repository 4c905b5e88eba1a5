import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  cruise,
  type ICruiseOptions,
  type ICruiseResult,
  type IForbiddenRuleType,
  type IViolation,
} from 'dependency-cruiser';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';

/** What the file of the rules exports. */
interface Rules {
  readonly default: { readonly forbidden: IForbiddenRuleType[]; readonly options: ICruiseOptions };
  readonly floors: Readonly<Record<string, readonly (string | readonly string[])[]>>;
}

const repository = join(import.meta.dirname, '..', '..', '..');
const rules = (await import(pathToFileURL(join(repository, '.dependency-cruiser.js')).href)) as Rules;
const { default: config, floors } = rules;

/** What is looked at. */
const roots = ['src', 'terminals/src', 'test'];

async function violations(
  baseDir: string,
  roots: readonly string[],
  forbidden: IForbiddenRuleType[] = config.forbidden,
): Promise<readonly IViolation[]> {
  const { output } = await cruise([...roots], {
    ...config.options,
    baseDir,
    validate: true,
    ruleSet: { forbidden },
  });
  const { summary } = output as ICruiseResult;
  assert.ok(summary.totalCruised > 0);
  return summary.violations;
}

/** Cruises a tree that has these files and no others. */
async function violationsIn(files: Readonly<Record<string, string>>): Promise<readonly IViolation[]> {
  const folder = await temporaryFolder('house');
  try {
    for (const root of roots) await mkdir(join(folder.path, root), { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder.path, path)), { recursive: true });
      await writeFile(join(folder.path, path), text);
    }
    return await violations(folder.path, roots);
  } finally {
    await folder.remove();
  }
}

const shown = ({ rule, from, to }: IViolation): string => `${rule.name}: ${from} -> ${to}`;

/** For each rule that is not an order of floors: a tree in which the files named `wrong` break it, and no others. */
const planted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no-circle': {
    'src/protocol/http/wrong.ts': "import type { Two } from './wrongToo.ts';",
    'src/protocol/http/wrongToo.ts': "import type { One } from './wrong.ts';",
    'src/protocol/http/right.ts': "import type { One } from './wrong.ts';",
  },
  'room-without-floor': {
    'src/attic/wrong.ts': "import '../platform/right.ts';",
    'src/protocol/wrong.ts': "import type { Right } from '../platform/right.ts';",
    'src/protocol/attic/wrong.ts': "import '../../platform/right.ts';",
    'src/protocol/http/right.ts': "import '../../platform/right.ts';",
    'src/platform/right.ts': '',
  },
  'root-is-for-ui': {
    'src/mcp/wrong.ts': "import type { Environment } from '../environment.ts';",
    'src/ui/right.ts': "import { environment } from '../environment.ts';",
    'src/environment.ts': '',
  },
  'no-editor': {
    'src/sessions/grant/wrong.ts': "import type { Memento } from 'vscode';",
    'src/protocol/http/wrong.ts': "import * as vscode from 'vscode';",
    'src/ui/right.ts': "import * as vscode from 'vscode';",
  },
  'client-stands-alone': {
    'src/client/wrong.ts': "import type { Right } from '../platform/right.ts';",
    'src/client/wrongToo.ts': "import 'valibot';",
    'src/client/right.ts': "import * as vscode from 'vscode';\nimport './wrong.ts';",
    'src/platform/right.ts': '',
  },
  'client-is-for-others': {
    'src/ui/commands/wrong.ts': "import type { Facts } from '../../client/right.ts';",
    'src/mcp/right.ts': "import type { Facts } from '../client/right.ts';",
    'src/client/right.ts': '',
  },
  'terminals-is-a-consumer': {
    'terminals/src/wrong.ts': "import '../../src/sessions/right.ts';",
    'terminals/src/editor/wrong.ts': "import type { Wizard } from '../../../src/ui/right.ts';",
    'terminals/src/editor/right.ts':
      "import '../../../src/platform/right.ts';\nimport '../../../src/ui/show.ts';",
    'src/platform/right.ts': '',
    'src/sessions/right.ts': '',
    'src/ui/right.ts': '',
    'src/ui/show.ts': '',
  },
  'src-without-terminals': {
    'src/platform/wrong.ts': "import type { Right } from '../../terminals/src/agent/right.ts';",
    'src/ui/wrong.ts': "import 'tweetnacl';",
    'terminals/src/agent/right.ts': "import 'tweetnacl';",
    'package.json': '{ "dependencies": { "tweetnacl": "1.0.0" } }',
    ...packagesNamed('tweetnacl'),
  },
  'src-without-test': {
    'src/platform/wrong.ts': "import type { Right } from '../../test/right.ts';",
    'test/right.ts': "import '../src/platform/wrong.ts';",
  },
  'shipped-packages-only': {
    'src/platform/wrong.ts': "import 'tool';",
    'src/platform/wrongToo.ts': "import 'brought';",
    'src/platform/right.ts': "import 'shipped';",
    'test/right.ts': "import 'tool';",
    'package.json': '{ "devDependencies": { "tool": "1.0.0" }, "dependencies": { "shipped": "1.0.0" } }',
    ...packagesNamed('tool', 'brought', 'shipped'),
  },
  'no-import-of-tests': {
    'test/unit/wrong.test.ts': "import './right.test.ts';",
    'test/unit/right.test.ts': '',
  },
  'no-dead-file': {
    'src/extension.ts': "void import('./platform/right.ts');",
    'src/platform/right.ts': '',
    'src/platform/wrong.ts': "import './right.ts';",
  },
};

function packagesNamed(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => [
      [`node_modules/${name}/package.json`, `{ "name": "${name}", "main": "main.js" }`],
      [`node_modules/${name}/main.js`, ''],
    ]),
  );
}

const isOrder = ({ name }: IForbiddenRuleType): boolean =>
  Object.keys(floors).some(folder => name?.startsWith(`${folder}/`));

/** Every room of `folder` imports every other one: those that `floors` forbids. */
function floorsOf(folder: string): { files: Record<string, string>; forbidden: string[] } {
  const rooms = (floors[folder] ?? []).flatMap((floor, height) =>
    [floor].flat().map(room => ({
      room,
      height,
      file: `${folder}/${room === '*' ? 'other.ts' : room.endsWith('.ts') ? room : `${room}/inside.ts`}`,
    })),
  );
  const files: Record<string, string> = {};
  const forbidden: string[] = [];
  for (const from of rooms) {
    const others = rooms.filter(to => to !== from);
    files[from.file] = others
      .map(to => `import type {} from '${relative(dirname(from.file), to.file).replace(/^(?!\.)/, './')}';`)
      .join('\n');
    for (const to of others) {
      const rule = `${folder}/${from.room === '*' ? 'files' : from.room}`;
      if (to.height >= from.height) forbidden.push(`${rule}: ${from.file} -> ${to.file}`);
    }
  }
  return { files, forbidden };
}

describe('imports', function () {
  this.timeout(120_000);

  it('point one way, everywhere', async () => {
    assert.deepEqual((await violations(repository, roots)).map(shown), []);
  });

  for (const folder of Object.keys(floors)) {
    it(`of ${folder}/ that point up, or to a room beside, are refused, and no others`, async () => {
      const { files, forbidden } = floorsOf(folder);
      const found = (await violationsIn(files)).filter(({ rule }) => rule.name.startsWith(`${folder}/`));
      assert.ok(forbidden.length > 0);
      assert.deepEqual(found.map(shown).sort(), forbidden.sort());
    });
  }

  for (const rule of config.forbidden.filter(rule => !isOrder(rule))) {
    it(`that break ${rule.name} are refused`, async () => {
      const files = planted[rule.name ?? ''];
      assert.ok(files, 'no violation is planted for this rule');
      const found = (await violationsIn(files)).filter(violation => violation.rule.name === rule.name);
      const involved = found.flatMap(({ from, cycle = [] }) => [from, ...cycle.map(({ name }) => name)]);
      const wrong = Object.keys(files).filter(path => path.includes('/wrong'));
      assert.deepEqual([...new Set(involved)].sort(), wrong.sort());
    });
  }
});
