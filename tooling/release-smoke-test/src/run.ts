import { execFile } from 'node:child_process';

export interface RunOptions {
  readonly cwd: string;
  /**
   * Changes to the environment of this process. Undefined removes a variable. Names are compared without
   * regard to case.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a command, and resolves with its output. Rejects with all output if it fails. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: environment(env), encoding: 'utf8', maxBuffer: 64 << 20 } as const;
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${[command, ...args].join(' ')}, in ${cwd}:\n${stdout}${stderr}`));
    });
  });
}

function environment(changes: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  // npm treats npm_config_registry and NPM_CONFIG_REGISTRY as the same setting.
  const changed = new Set(Object.keys(changes).map((name) => name.toLowerCase()));
  const kept = Object.entries(process.env).filter(([name]) => !changed.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...changes };
}
