/** Keys for a demo over TLS: in a folder that only this user can open, until the end of the demo. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '@iot/server/keys';

export class ThrowAwayKeys implements Disposable {
  /** A file for `--psk-file`: the processes are told where it is, since every user of the machine sees arguments. */
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'demo-keys-'));

  constructor(ids: readonly string[]) {
    this.path = join(this.#folder, 'keys.psk');
    const lines = ids.map((id) => `${id}:${makeKey().toString('hex')}\n`);
    writeFileSync(this.path, lines.join(''), { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
