/** What sets up a tool, and what undoes that: programs with their arguments, shown to the user before they run. */
export interface Recipe {
  readonly title: string;
  readonly apply: readonly Step[];
  readonly undo: readonly Step[];
  /** Prints something if the recipe was applied. */
  readonly check: Step;
}

/** A program and its arguments. */
export type Step = readonly [string, ...string[]];

/** What is asked about before: the tool runs it, without a shell. */
export const asTyped = (step: Step): string =>
  step.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');

/** As git has it in its own settings: hosts on this computer can do without TLS. */
const addressOf = (host: string): string =>
  `${/^(?:localhost|127(?:\.\d+){3}|.+\.localhost)(?::\d+)?$/.test(host) ? 'http' : 'https'}://${host}`;

/**
 * git's credential helper for one host. The empty entry before ours removes the helpers that would write the token to disk.
 *
 * @param account by the shape of its name, nothing that a shell reads as more than a word.
 */
export function gitRecipe(account: string, host: string): Recipe {
  const key = `credential.${addressOf(host)}.helper`;
  const helper = `!vscode-oidc git-credential ${account}`;
  return {
    title: `git: ${host}`,
    apply: [
      ['git', 'config', '--global', '--add', key, ''],
      ['git', 'config', '--global', '--add', key, helper],
    ],
    undo: [['git', 'config', '--global', '--unset-all', key, '^(!vscode-oidc git-credential .*)?$']],
    check: ['git', 'config', '--global', '--get-all', key, '^!vscode-oidc git-credential '],
  };
}

/** A user of kubectl's configuration. Which cluster has that user stays as it is. */
export function kubectlRecipe(account: string): Recipe {
  const user = `vscode-oidc-${account}`;
  return {
    title: `kubectl: ${user}`,
    apply: [
      [
        'kubectl',
        'config',
        'set-credentials',
        user,
        '--exec-api-version=client.authentication.k8s.io/v1',
        '--exec-command=vscode-oidc',
        '--exec-arg=kubernetes',
        `--exec-arg=${account}`,
        '--exec-interactive-mode=Never',
        '--exec-provide-cluster-info=true',
      ],
    ],
    undo: [['kubectl', 'config', 'delete-user', user]],
    check: ['kubectl', 'config', 'view', '-o', `jsonpath={.users[?(@.name=="${user}")].name}`],
  };
}
