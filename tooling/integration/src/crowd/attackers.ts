/**
 * Attackers in a separate process: a number of simultaneous attacks of one kind, until the process is ended.
 * Reports the number of attacks on request.
 */
import { Random } from '@iot/simulation';
import { play } from './attacks.js';
import { recordings } from './recordings.js';

const [name = '', port, tlsPort, atATime, staysMs] = process.argv.slice(2);
const random = new Random(1);
const attack = {
  random,
  port: Number(port),
  tlsPort: Number(tlsPort),
  staysMs: Number(staysMs),
  recordings: recordings(),
};
let begun = 0;

process.on('message', () => process.send!(begun));
process.on('disconnect', () => process.exit());
for (let lane = 0; lane < Number(atATime); lane++) void attackOn(`127.9.${1 + (lane % 50)}.1`);
process.send!('here');

async function attackOn(from: string): Promise<void> {
  for (;;) {
    begun += 1;
    await play(name, { ...attack, from });
  }
}
