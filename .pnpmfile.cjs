// A package.json names its entry points once. What is published has no sources: the condition that leads to them, for
// the packages of this workspace, is left out of it.
module.exports = {
  hooks: {
    beforePacking(manifest) {
      for (const conditions of Object.values(manifest.exports ?? {})) delete conditions['@iot/source'];
      return manifest;
    },
  },
};
