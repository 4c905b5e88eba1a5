import assert from 'node:assert/strict';
import { openSignedInEditor, type SignedInEditor } from '../../client/signedInEditor.ts';
import { openHandle, type OpenHandle } from './openHandle.ts';

import '../../standIns/editor/useEditorStandIn.ts';

const { taskProcesses } = await import('../../standIns/editor/vscode.ts');
const { isUnattended, watchTasks } = await import('../../../terminals/src/editor/lookUp/tasks.ts');

const process = (pid: number, parent: number) => ({ pid, parent, words: [] });

describe('the tasks that run', () => {
  it('are those that have started and not ended', () => {
    const tasks = watchTasks();
    const [one, other] = [{}, {}];
    taskProcesses.started.fire({ execution: one, processId: 20 });
    taskProcesses.started.fire({ execution: other, processId: 21 });
    assert.deepEqual([...tasks.pids], [20, 21]);
    taskProcesses.ended.fire({ execution: one, exitCode: 0 });
    taskProcesses.ended.fire({ execution: {}, exitCode: 0 });
    assert.deepEqual([...tasks.pids], [21]);
    tasks.dispose();
    taskProcesses.started.fire({ execution: one, processId: 22 });
    assert.deepEqual([...tasks.pids], [21]);
  });

  it('are told from terminals by the processes that started a program', () => {
    const program = [process(30, 25), process(25, 20), process(20, 10)];
    assert.equal(isUnattended(program, new Set([20]), 99), true, 'a task');
    assert.equal(isUnattended(program, new Set([30]), 99), true, 'a task that is the program itself');
    assert.equal(isUnattended(program, new Set(), 20), true, 'an extension');
    assert.equal(isUnattended(program, new Set([10, 21]), 99), false, 'a terminal');
    assert.equal(isUnattended([], new Set([20]), 99), false, 'no one can tell');
  });
});

describe('a program in a task that is not to ask', () => {
  let editor: SignedInEditor;
  let open: OpenHandle;
  const request = { request: 'access_token', account: 'company' };
  const { signal } = new AbortController();
  const peer = () => Promise.resolve(7);

  beforeEach(async () => {
    editor = await openSignedInEditor();
    await editor.reset();
    open = await openHandle(editor);
    open.mode = 'silent-in-tasks';
    open.isUnattended = () => true;
  });
  afterEach(() => editor.close());

  const codeOf = async (from = peer): Promise<unknown> => {
    const response = await open.ask(request, signal, from);
    return response.status === 'failure' ? response.code : 'token';
  };

  it('gets no token and asks no one, signed in or not', async () => {
    assert.equal(await codeOf(), 'not-signed-in');
    assert.equal(editor.signIns(), 0);
    open.isUnattended = () => false;
    assert.equal(await codeOf(), 'token');
    open.isUnattended = () => true;
    const response = await open.ask(request, signal, peer);
    assert.ok(response.status === 'failure');
    assert.equal(response.code, 'declined');
    assert.match(response.error, /oidcTerminals\.mode is silentInTasks/);
    assert.match(response.info ?? '', /in a terminal/);
    assert.equal(open.shown.length, 1);
    assert.deepEqual(open.handedOut, ['company alice', 'company silent-task']);
  });

  it('gets what was allowed to a program in a terminal, without looking at what started it', async () => {
    open.choice = 'window';
    open.isUnattended = () => false;
    assert.equal(await codeOf(), 'token');
    open.isUnattended = () => assert.fail('looked');
    assert.equal(await codeOf(), 'token');
    assert.equal(open.shown.length, 1);
  });

  it('does not ask to sign in again for what was allowed', async () => {
    open.choice = 'workspace';
    open.isUnattended = () => false;
    await codeOf();
    await editor.signOut();
    open.isUnattended = () => true;
    assert.equal(await codeOf(), 'not-signed-in');
    assert.equal(editor.signIns(), 1);
  });

  it('asks where no one can tell what started it, or where the mode lets it', async () => {
    const response = await open.ask(request);
    assert.equal(response.status, 'success');
    open.mode = 'ask';
    open.isUnattended = () => assert.fail('looked');
    assert.equal(await codeOf(), 'token');
    assert.equal(open.shown.length, 2);
  });
});
