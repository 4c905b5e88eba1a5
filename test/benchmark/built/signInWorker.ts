/**
 * Signs in with the sources of a commit each time that a line has its place among the arguments, and prints as JSON what
 * that costs: once with nothing known of the provider, and once with all. `node signInWorker.ts <worktree>…`
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import '../../editor/process/resolveLocalhost.ts';
import { startIdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import { extension, type SignIn, type SigningIn } from '../measures/codeExchange.ts';

export interface SignInCosts {
  readonly cold: SignIn;
  readonly warm: SignIn;
}

const server = await startIdentityProvider();
const commits: (() => Promise<SignInCosts>)[] = [];
for (const root of process.argv.slice(2)) {
  const module = (await import(join(root, 'test', 'protocol', 'signingIn.ts'))) as SigningIn;
  const warm = extension(server, {}, module);
  commits.push(async () => ({ cold: await extension(server, {}, module)(), warm: await warm() }));
}
// What runs often is compiled by then.
for (const signIn of commits) for (let at = 0; at < 20; at++) await signIn();
console.log(JSON.stringify('ready'));
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await commits[Number(line)]?.()));
await server.close();
process.exit();
