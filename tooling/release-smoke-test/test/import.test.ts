import { describe, expect, inject, it } from 'vitest';
import { entryPoints, readManifest } from '../src/packages.js';
import { run } from '../src/run.js';

/** The rest are commands alone. */
const libraries = inject('installed').filter(({ home }) => entryPoints(readManifest(home)).length > 0);

describe.each(libraries)('$name', ({ home, folder }) => {
  const paths = entryPoints(readManifest(home));

  it.each(paths)('import and require of %s give the same names', async (path) => {
    const print = 'console.log(JSON.stringify(Object.keys(it).sort()))';
    const imported = `import * as it from '${path}'; ${print}`;
    const required = `const it = require('${path}'); ${print}`;
    const names = await run('node', ['--input-type', 'module', '--eval', imported], { cwd: folder });
    expect(JSON.parse(names)).not.toEqual([]);
    expect(await run('node', ['--input-type', 'commonjs', '--eval', required], { cwd: folder })).toBe(names);
  });
});
