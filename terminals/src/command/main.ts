/**
 * `vscode-oidc`: gives the token of the editor's sign-in to a tool. It prints a token on standard output only, where
 * that is requested, and one message on standard error if there is none.
 */
import { askAgent, CommandFailure, exitCodes, type ExitReason } from './agent.ts';
import { readArguments, usage, UsageError, type Arguments } from './arguments.ts';
import { docker, git, goauth, keyring, kubernetes, type Token, type Tool } from './tools.ts';

const write = (text: string): Promise<void> =>
  new Promise((resolve, reject) => process.stdout.write(text, error => (error ? reject(error) : resolve())));

async function input(): Promise<string> {
  let text = '';
  for await (const piece of process.stdin.setEncoding('utf8')) {
    text += piece as string;
    if (text.length > 100_000) throw new UsageError('the input is too long');
  }
  return text;
}

interface Asked {
  readonly account: string | undefined;
  readonly hint: string;
  readonly host?: string | undefined;
}

async function ask(given: Arguments, { account, hint, host }: Asked): Promise<Record<string, unknown>> {
  const { provider, scopes, resource, audience, minValid } = given;
  const name = given.account ?? account;
  const request = {
    request: 'access_token',
    ...(provider === undefined ? { account: name } : { provider, label: name }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    resource,
    audience,
    min_valid_period: minValid,
    application_hint: hint,
    host,
  };
  return askAgent(request, process.env);
}

/** @throws CommandFailure */
function tokenIn({ access_token, expires_at }: Record<string, unknown>): Token {
  if (typeof access_token !== 'string') throw new CommandFailure('failed', 'The editor sent no token.');
  return {
    value: access_token,
    expiresAt: typeof expires_at === 'number' && expires_at > 0 ? expires_at : undefined,
  };
}

/** Verbs of helpers that store or list something: nothing is ever stored. */
const nothing = new Set(['store', 'erase', 'list', 'set', 'del', 'delete']);

/** A tool's own words come after the account, which can be left out. */
function words(
  given: Arguments,
  known: (word: string) => boolean,
): { account: string | undefined; rest: string[] } {
  const [first, ...rest] = given.words;
  return first === undefined || known(first)
    ? { account: undefined, rest: [...given.words] }
    : { account: first, rest };
}

async function answerTool(given: Arguments): Promise<void> {
  const isAction = (word: string): boolean => word === 'get' || nothing.has(word);
  const isUrl = (word: string): boolean => word.includes('://');
  const isForGo = given.verb === 'goauth';
  const { account, rest } = words(
    given,
    given.verb === 'kubernetes' ? () => false : isForGo ? isUrl : isAction,
  );
  const [action, ...others] = rest;
  if (!isForGo && given.verb !== 'kubernetes') {
    if (action !== undefined && nothing.has(action)) {
      await input();
      return action === 'list' ? write('{}\n') : undefined;
    }
    if (action !== 'get') throw new UsageError(`${given.verb} takes get`);
  }
  const tool = await toolFor(given.verb, isForGo ? rest[0] : others[0]);
  try {
    const { hint, host } = tool;
    await write(tool.answer(tokenIn(await ask(given, { account, hint, host }))));
  } catch (error) {
    if (tool.refusal && error instanceof CommandFailure) await write(tool.refusal(error.message));
    throw error;
  }
}

async function toolFor(verb: Arguments['verb'], word: string | undefined): Promise<Tool> {
  switch (verb) {
    case 'git-credential':
      return git(await input());
    case 'kubernetes':
      return kubernetes(process.env['KUBERNETES_EXEC_INFO']);
    case 'docker-credential':
      return docker(await input());
    case 'goauth':
      return goauth(word);
    case 'keyring':
      return keyring(word);
    default:
      throw new UsageError(`unknown command ${verb}`);
  }
}

/** Runs a program with the token in its environment, and ends as it does. */
async function run(given: Arguments): Promise<number> {
  const [program, ...args] = given.command;
  if (program === undefined) throw new UsageError('exec takes -- and a program');
  const { value } = tokenIn(
    await ask(given, { account: given.words[0], hint: `vscode-oidc exec ${program}` }),
  );
  const env: NodeJS.ProcessEnv = { ...process.env, [given.variable]: value };
  // Set by the wrapper for this process alone.
  delete env['ELECTRON_RUN_AS_NODE'];
  // Every other command starts faster without it.
  const { spawn } = await import('node:child_process');
  const child = spawn(program, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new CommandFailure('failed', `${program} can’t be run (${error.code ?? 'unknown'}).`)),
    );
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}

async function main(given: Arguments): Promise<number> {
  const [account] = given.words;
  switch (given.verb) {
    case 'token': {
      const response = await ask(given, { account, hint: 'vscode-oidc token' });
      const { value } = tokenIn(response);
      const { access_token, issuer, expires_at } = response;
      await write(`${given.isJson ? JSON.stringify({ access_token, issuer, expires_at }) : value}\n`);
      return 0;
    }
    case 'header': {
      const header = `Bearer ${tokenIn(await ask(given, { account, hint: 'vscode-oidc header' })).value}`;
      await write(
        given.isJson ? `${JSON.stringify({ Authorization: header })}\n` : `Authorization: ${header}\n`,
      );
      return 0;
    }
    case 'accounts': {
      const { info } = await askAgent({ request: 'loaded_accounts' }, process.env);
      const names = Array.isArray(info) ? info.filter(name => typeof name === 'string') : [];
      await write(given.isJson ? `${JSON.stringify(names)}\n` : names.map(name => `${name}\n`).join(''));
      return 0;
    }
    case 'exec':
      return run(given);
    default:
      await answerTool(given);
      return 0;
  }
}

function fail(reason: ExitReason, message: string): void {
  process.stderr.write(`vscode-oidc: ${message}\n`);
  process.exitCode = exitCodes[reason];
}

async function start(): Promise<void> {
  if (/^(?:--help|-h|help)$/.test(process.argv[2] ?? '')) await write(usage);
  else process.exitCode = await main(readArguments(process.argv.slice(2)));
}

start().catch((error: unknown) => {
  if (error instanceof UsageError) fail('usage', `${error.message}\nRun vscode-oidc --help.`);
  else if (error instanceof CommandFailure) fail(error.reason, error.message);
  // The reader of standard output has gone: there is no one to tell.
  else if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exitCode = exitCodes.failed;
  else fail('failed', 'Something unexpected went wrong.');
});
