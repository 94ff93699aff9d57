// Programs against the installed types, with nothing skipped: a declaration that refers to what is not installed fails.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { snippets } from '@iot/vitest-config/readme';
import { describe, expect, inject, it } from 'vitest';
import { entryPoints, readManifest } from '../src/packages.js';
import { run } from '../src/run.js';

const ofWorkspace = createRequire(import.meta.url);
const tsc = ofWorkspace.resolve('typescript/bin/tsc');
const nodeTypes = dirname(ofWorkspace.resolve('@types/node/package.json'));

/** These need no types but the language's own. */
const PURE = ['@iot/framing', '@iot/qos'];

/** Names that a README leaves to the reader's program. */
const AROUND: Readonly<Record<string, string>> = {
  '@iot/fault-proxy': 'declare const port: number;',
  '@iot/i2c-link': `
    type Board = import('@iot/i2c-link/board').BoardOptions;
    declare const stopped: Promise<void>;
    declare const slave: Board['slave'];
    declare const syn: Board['syn'];
    declare const ack: Board['ack'];
    declare const reset: NonNullable<Board['reset']>['pin'];
  `,
};

/** The rest are commands alone. */
const libraries = inject('installed').filter(({ home }) => entryPoints(readManifest(home)).length > 0);

describe.each(libraries)('$name', ({ name, home, folder }) => {
  const program = entryPoints(readManifest(home))
    .map(
      (path, index) =>
        `import * as it${index} from '${path}';\nexport const names${index} = Object.keys(it${index});\n`,
    )
    .join('');
  const readme = snippets(pathToFileURL(join(home, 'README.md')));

  it.each([
    ['node16', 'node16'],
    ['bundler', 'esnext'],
  ])(
    'a program and the snippets of the README pass the compiler with moduleResolution %s',
    async (way, module) => {
      const place = join(folder, way);
      mkdirSync(join(place, 'node_modules/@types'), { recursive: true });
      symlinkSync(nodeTypes, join(place, 'node_modules/@types/node'), 'junction');
      writeFileSync(join(place, 'program.ts'), program);
      writeFileSync(join(place, 'names.d.ts'), AROUND[name] ?? '');
      for (const { line, code } of readme) writeFileSync(join(place, `line-${line}.ts`), code);
      const projects = { 'node.json': ['node'], ...(PURE.includes(name) && { 'pure.json': [] }) };
      for (const [project, types] of Object.entries(projects)) {
        writeFileSync(join(place, project), settings(way, module, types));
        expect(await run('node', [tsc, '--project', project], { cwd: place })).toBe('');
      }
    },
  );
});

function settings(moduleResolution: string, module: string, types: readonly string[]): string {
  const lib = ['es2023', 'esnext.disposable'];
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  const compilerOptions = { moduleResolution, module, target: 'es2022', lib, types, noEmit: true, ...strict };
  // Snippets may use `console`, which is Node's.
  const include = types.includes('node') ? ['program.ts', 'line-*.ts', 'names.d.ts'] : ['program.ts'];
  return JSON.stringify({ compilerOptions, include });
}
