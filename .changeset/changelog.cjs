// What a user reads of a release is the changesets' own words. The packages are versioned together: which of them
// asks for which new version of another says nothing, and is left out.
module.exports = {
  getReleaseLine: async ({ summary }) => {
    const [first, ...rest] = summary.trim().split('\n');
    return [`- ${first}`, ...rest.map((line) => `  ${line}`.trimEnd())].join('\n');
  },
  getDependencyReleaseLine: async () => '',
};
