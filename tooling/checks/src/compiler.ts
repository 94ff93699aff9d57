/** The compiler with the settings of a strict user of the packages, applied to their sources. */
import ts from 'typescript';

export const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  exactOptionalPropertyTypes: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  customConditions: ['@iot/source'],
};

/** A program of files in memory: their texts, by path. */
export function programOf(files: ReadonlyMap<string, string>): ts.Program {
  const disk = ts.createCompilerHost(OPTIONS);
  const host: ts.CompilerHost = {
    ...disk,
    readFile: (path) => files.get(path) ?? disk.readFile(path),
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    getSourceFile: (path, version, ...rest) => {
      const code = files.get(path);
      return code === undefined
        ? disk.getSourceFile(path, version, ...rest)
        : ts.createSourceFile(path, code, version, true);
    },
  };
  return ts.createProgram([...files.keys()], OPTIONS, host);
}
