/**
 * Bundles the pure packages from their sources with every private field made public (`#name` becomes
 * `$name`), so that the state of a session can be copied and compared from outside. The classes are otherwise
 * unchanged.
 */
import { build, type Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import type { HelloReader } from '@iot/framing';
import type { Session, SessionLog, SessionOptions } from '@iot/qos';
import type { Bound } from './bound.js';

/** The exports of the bundled sources that the explorer uses. */
export interface Machines {
  readonly Session: new (options: SessionOptions, log?: SessionLog) => Session;
  readonly HelloReader: new (maxIdBytes: number) => HelloReader;
}

/** Folders of sources, each with an `index.ts`. */
export interface Sources {
  readonly framing: string;
  readonly qos: string;
}

export const SOURCES: Sources = { framing: sourcesOf('framing'), qos: sourcesOf('qos') };

/** Loads the machines for a bound. The bound may replace a constant in the sources. */
export async function loadMachines(
  { linksBetweenOffers }: Pick<Bound, 'linksBetweenOffers'>,
  sources: Sources = SOURCES,
): Promise<Machines> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { HelloReader } from '@iot/framing'; export { Session } from '@iot/qos';`,
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'machines',
    target: 'es2023',
    plugins: [openFields(sources, linksBetweenOffers)],
  });
  return runInThisContext(`(() => { ${outputFiles[0]!.text}; return machines; })()`) as Machines;
}

const LINKS_BETWEEN_OFFERS = /^const LINKS_BETWEEN_OFFERS = \d+;$/m;

function openFields(sources: Sources, linksBetweenOffers: number): Plugin {
  return {
    name: 'open-fields',
    setup(bundler) {
      bundler.onResolve({ filter: /^@iot\/(framing|qos)$/ }, ({ path }) => ({
        path: `${path === '@iot/qos' ? sources.qos : sources.framing}/index.ts`,
      }));
      bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8'))
          .replace(/#(?=[A-Za-z_])/g, '$')
          .replace(LINKS_BETWEEN_OFFERS, `const LINKS_BETWEEN_OFFERS = ${linksBetweenOffers};`),
        loader: 'ts',
      }));
    },
  };
}

function sourcesOf(name: string): string {
  return fileURLToPath(new URL(`../../../packages/${name}/src`, import.meta.url));
}
