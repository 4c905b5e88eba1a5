/**
 * How `changeset version` writes an entry of CHANGELOG.md: the text alone, as users read it.
 *
 * @type {import('@changesets/types').ChangelogFunctions}
 */
export default {
  getReleaseLine: ({ summary }) => {
    const [first = '', ...rest] = summary.trim().split('\n');
    const lines = [`- ${first}`, ...rest.map(line => (line === '' ? '' : `  ${line}`))];
    return Promise.resolve(lines.join('\n'));
  },
  getDependencyReleaseLine: () => Promise.resolve(''),
};
