// A vitest plugin that runs tests of the checkout against installed packages. The tests of the READMEs
// provide the modules and globals that the snippets need. When one of these tests imports a published package, by
// its name or by the index of its sources, the plugin replaces the import by the package installed from the
// registry.
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import type { ProvidedContext } from 'vitest';
import type { Plugin } from 'vitest/config';
import type { TestProject } from 'vitest/node';
import type { Installed } from './install.js';

/** The plugin for vitest's configuration. The installed package comes from the global setup. */
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
      // Undefined while the global setup itself is loaded.
      const { before, installed } = project.getProvidedContext() as Partial<ProvidedContext>;
      if (before === undefined || installed === undefined) return null;
      const name = source.startsWith('.')
        ? publicName(resolve(dirname(importer), source), join(before, 'packages'))
        : source;
      const own = installed.find((one) => name === one.name || name?.startsWith(`${one.name}/`));
      if (name === undefined || own === undefined) return null;
      // The dependencies of the tested package are installed in the same folder.
      const home = installed.find((one) => importer.startsWith(folderOf(one, before)));
      return locate(name, home) ?? locate(name, own) ?? this.error(`${name} was not installed`);
    },
  };
}

/**
 * The public name of a source file: `…/packages/connection/src/node/index.js` is `@iot/connection/node`.
 * Undefined for files outside `src`.
 */
function publicName(path: string, packages: string): string | undefined {
  const [folder, src, ...rest] = path.slice(packages.length + 1).split(sep);
  if (!path.startsWith(packages + sep) || src !== 'src') return undefined;
  // A file that is not an entry point is private. Its name is not found in the installed package, which fails
  // the import.
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
