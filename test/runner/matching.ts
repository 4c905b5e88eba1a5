/**
 * Prints, as the last line and in JSON, the files that have a test with a text in its full name:
 * `node test/runner/matching.ts <text> <file>…`. Loads the files and runs nothing.
 */
import { join } from 'node:path';
import Mocha from 'mocha';
import '../standIns/editor/useEditorStandIn.ts';

const repository = join(import.meta.dirname, '..', '..');
const [text = '', ...files] = process.argv.slice(2);

const mocha = new Mocha({ ui: 'bdd' });
for (const file of files) mocha.addFile(join(repository, file));
await mocha.loadFilesAsync();
const found = new Set<string>();
mocha.suite.eachTest(test => {
  if (test.file !== undefined && test.fullTitle().includes(text)) found.add(test.file);
});
console.log(JSON.stringify(files.filter(file => found.has(join(repository, file)))));
// What a file has started when it was loaded is of no use here.
process.exit(0);
