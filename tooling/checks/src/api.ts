/**
 * Generates the API reference into `docs/api` from the sources of all packages: a module for each of their
 * entry points, whose files are those named `index.ts`. Every warning of typedoc is an error, except one.
 */
import { fileURLToPath } from 'node:url';
import { Application, ConsoleLogger, type TypeDocOptions } from 'typedoc';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

const options: Partial<TypeDocOptions> = {
  name: 'iot',
  readme: 'none',
  tsconfig: `${root}/tooling/checks/tsconfig.api.json`,
  entryPoints: [`${root}/packages/*/src/**/index.ts`],
  exclude: ['**/internal/index.ts'],
  basePath: `${root}/packages`,
  excludePrivate: true,
  disableSources: true,
  hideGenerator: true,
  validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true },
};

/**
 * An option is declared once. typedoc finds its declaration again in each type that extends it, and warns
 * about several comments, which are the same comment.
 */
const DESCRIBED_TWICE = /has multiple declarations with a comment|The comments for .* are declared at/;

class Logger extends ConsoleLogger {
  override log(...[message, level]: Parameters<ConsoleLogger['log']>): void {
    if (!DESCRIBED_TWICE.test(message)) super.log(message, level);
  }
}

const app = await Application.bootstrap(options);
app.logger = new Logger();
const project = await app.convert();
if (project !== undefined) {
  for (const module of project.children ?? []) module.name = entryPoint(module.name);
  app.validate(project);
  await app.generateDocs(project, `${root}/docs/api`);
}
const { errorCount, warningCount } = app.logger;
process.exitCode = project === undefined || errorCount + warningCount > 0 ? 1 : 0;

/** `connection/src/node` is imported as `@iot/connection/node`. */
function entryPoint(folder: string): string {
  return `@iot/${folder.replace('/src', '')}`;
}
