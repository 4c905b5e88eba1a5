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
    url: given.url,
    method: given.method,
    nonce: given.nonce,
  };
  return askAgent(request, process.env);
}

interface GivenToken extends Token {
  /** True: it is bound to a key (DPoP, RFC 9449), and of no use without a proof for each request. */
  readonly isBound: boolean;
}

/** @throws CommandFailure */
function tokenIn({ access_token, expires_at, token_type }: Record<string, unknown>): GivenToken {
  if (typeof access_token !== 'string') throw new CommandFailure('failed', 'The editor sent no token.');
  return {
    value: access_token,
    expiresAt: typeof expires_at === 'number' && expires_at > 0 ? expires_at : undefined,
    isBound: token_type === 'DPoP',
  };
}

const boundToken =
  'The access token is bound to a key (DPoP): servers refuse it without a proof for each request.';
const headerInstead = 'Use vscode-oidc header --url URL [--method METHOD].';

/** On standard error: what gets the token can't use it alone. */
function warnIfBound({ isBound }: GivenToken): void {
  if (isBound) process.stderr.write(`vscode-oidc: ${boundToken}\n${headerInstead}\n`);
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
    const token = tokenIn(await ask(given, { account, hint, host }));
    if (token.isBound) throw new CommandFailure('failed', boundToken, `${given.verb} can’t send one.`);
    await write(tool.answer(token));
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
  const token = tokenIn(await ask(given, { account: given.words[0], hint: `vscode-oidc exec ${program}` }));
  warnIfBound(token);
  const env: NodeJS.ProcessEnv = { ...process.env, [given.variable]: token.value };
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

/** The headers of one request with the token. */
async function headersFor(given: Arguments): Promise<Record<string, string>> {
  const { url } = given;
  const to = url === undefined ? '' : ` (${new URL(url).host})`;
  const response = await ask(given, { account: given.words[0], hint: `vscode-oidc header${to}` });
  const { value, isBound } = tokenIn(response);
  if (!isBound) return { Authorization: `Bearer ${value}` };
  if (url === undefined) throw new CommandFailure('usage', boundToken, headerInstead);
  const { proof } = response;
  if (typeof proof !== 'string') throw new CommandFailure('failed', 'The editor sent no proof.');
  return { Authorization: `DPoP ${value}`, DPoP: proof };
}

async function main(given: Arguments): Promise<number> {
  const [account] = given.words;
  switch (given.verb) {
    case 'token': {
      const response = await ask(given, { account, hint: 'vscode-oidc token' });
      const token = tokenIn(response);
      warnIfBound(token);
      const { access_token, issuer, expires_at } = response;
      await write(`${given.isJson ? JSON.stringify({ access_token, issuer, expires_at }) : token.value}\n`);
      return 0;
    }
    case 'header': {
      const headers = await headersFor(given);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
      await write(given.isJson ? `${JSON.stringify(headers)}\n` : lines.join(''));
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
  else
    fail(
      'failed',
      `Something unexpected went wrong (${(error as Error).name}).\nTry again in a new terminal.`,
    );
});
