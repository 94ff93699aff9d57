import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../../packages/qos/test/fixtures/transcripts/', import.meta.url));

/** The bytes that clients sent in the recorded sessions of the originals, one array per link. */
export function recordings(): Uint8Array[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => links(readFileSync(`${FOLDER}${name}`, 'utf8')));
}

function links(transcript: string): Uint8Array[] {
  const said = new Map<number, string>();
  for (const line of transcript.trim().split('\n')) {
    const { dir, conn = 0, hex = '' } = JSON.parse(line) as { dir?: string; conn?: number; hex?: string };
    if (dir === 'c2s') said.set(conn, (said.get(conn) ?? '') + hex);
  }
  return [...said.values()].filter((hex) => hex !== '').map((hex) => Buffer.from(hex, 'hex'));
}
