// Lets tests of the checkout run against the packages as they were installed. The tests of the READMEs know what their
// snippets need around them; here the same tests get, wherever they import a published package by its name or by the
// index of its sources, what a user got from the registry.
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import type { ProvidedContext } from 'vitest';
import type { Plugin } from 'vitest/config';
import type { TestProject } from 'vitest/node';
import type { Installed } from './install.js';

/** For vitest's configuration; what is installed is taken from what the global setup has provided. */
export function installedPackages(): Plugin {
  let project: TestProject | undefined;
  return {
    name: 'installed-packages',
    enforce: 'pre',
    configureVitest(context) {
      project = context.project;
    },
    resolveId(source, importer) {
      if (importer === undefined || project === undefined) return null;
      // Nothing yet, while the global setup itself is loaded.
      const { before, installed } = project.getProvidedContext() as Partial<ProvidedContext>;
      if (before === undefined || installed === undefined) return null;
      const name = source.startsWith('.')
        ? publicName(resolve(dirname(importer), source), join(before, 'packages'))
        : source;
      const own = installed.find((one) => name === one.name || name?.startsWith(`${one.name}/`));
      if (name === undefined || own === undefined) return null;
      // Whoever installed the package that is tested has what it depends on in the same folder.
      const home = installed.find((one) => importer.startsWith(folderOf(one, before)));
      return locate(name, home) ?? locate(name, own) ?? this.error(`${name} was not installed`);
    },
  };
}

/** `…/packages/connection/src/node/index.js` is `@iot/connection/node`; what is not in a `src` has no name. */
function publicName(path: string, packages: string): string | undefined {
  const [folder, src, ...rest] = path.slice(packages.length + 1).split(sep);
  if (!path.startsWith(packages + sep) || src !== 'src') return undefined;
  // A file that is not an entry point is private, and ends as a name that was not installed.
  const file = rest.at(-1) ?? '';
  const below = [...rest.slice(0, -1), ...(file === 'index.js' ? [] : [file.replace(/\.js$/, '')])];
  return ['@iot', folder, ...below].join('/');
}

function folderOf({ name }: Installed, checkout: string): string {
  return join(checkout, 'packages', name.replace('@iot/', '')) + sep;
}

function locate(name: string, where: Installed | undefined): string | undefined {
  if (where === undefined) return undefined;
  try {
    return createRequire(join(where.folder, 'program.js')).resolve(name);
  } catch {
    return undefined;
  }
}
