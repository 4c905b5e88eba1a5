/** How `changeset version` writes an entry of CHANGELOG.md: the text alone, as users read it. */
module.exports = {
  getReleaseLine: ({ summary }) => {
    const [first, ...rest] = summary.trim().split('\n');
    return [`- ${first}`, ...rest.map(line => (line === '' ? '' : `  ${line}`))].join('\n');
  },
  getDependencyReleaseLine: () => '',
};
