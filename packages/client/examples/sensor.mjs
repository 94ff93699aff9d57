/**
 * A sensor that runs for months: sends a reading every so often, does what the server says. Copy it, and
 * iot-sensor.service beside it, and put your own sensor in the place of `reading`.
 *
 *   SERVER=192.168.0.41 MY_ID=cellar node sensor.mjs
 *
 * With STORE=FOLDER, and @iot/store-level installed, a reading that was written is sent even if this process dies. With
 * OFFLINE=LINES as well it goes on measuring in an outage: the store holds that many readings, and drops the oldest ones.
 * Over TLS with PSK, the key of this board in hexadecimal digits; or with TLS_CA, the file of who signs the server's
 * certificate, and TLS_CERT and TLS_KEY where the server asks for one. The port is then 8124 unless PORT says another.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@iot/client';

const { SERVER, MY_ID, INTERVAL = '10', STORE, OFFLINE = '0', PSK, TLS_CA, TLS_CERT, TLS_KEY } = process.env;
delete process.env.PSK; // not for the processes that this one starts
const { PORT = PSK || TLS_CA ? '8124' : '8123' } = process.env;
if (!SERVER || !MY_ID) refuse('set SERVER (the address of the server) and MY_ID (the id of this board)');
if (!/^\d{1,5}$/.test(PORT) || PORT < 1 || PORT > 65535)
  refuse(`PORT must be a whole number from 1 to 65535, not ${JSON.stringify(PORT)}`);
// The longest that a timer of Node takes. `10s` is how systemd writes it, and no number.
if (!/^\d+(\.\d+)?$/.test(INTERVAL) || INTERVAL > 2147483)
  refuse(
    `INTERVAL must be a number of seconds from 0 to 2147483, without a unit, not ${JSON.stringify(INTERVAL)}`,
  );
if (!/^\d{1,7}$/.test(OFFLINE))
  refuse(`OFFLINE must be a number of readings up to 9999999, not ${JSON.stringify(OFFLINE)}`);
const maxLines = Number(OFFLINE);
if (maxLines > 0 && !STORE) refuse('OFFLINE needs STORE, the folder where the readings are held');

/** Of the text of readings in the store, where each takes 180 bytes more. Few of them are in memory. */
const MAX_BYTES = 64 * 1024 * 1024;

let seconds = Number(INTERVAL);

const store = STORE ? await openStore(STORE) : undefined;
const client = open({
  id: MY_ID,
  host: SERVER,
  port: Number(PORT),
  tls: await tlsOptions(),
  store,
  offline: maxLines > 0 ? { maxLines, maxBytes: MAX_BYTES, when: 'drop-oldest' } : undefined,
  // A board that starts before its server waits for it.
  badServer: (error) => console.error(`sensor: ${error.message}`),
  // Under systemd: ends the process when it hangs, and notifies systemd while it does not.
  watchdog: { systemd: process.env.NOTIFY_SOCKET !== undefined },
});
client.on('state', (up) => console.log(up ? 'sensor: up' : 'sensor: down'));

/** SIGTERM is how systemd stops it; the reading that is in hand is still delivered, for a while. */
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());

const sending = send();
try {
  await Promise.all([sending, obey()]);
} catch (error) {
  // A part that has failed is no reason to live on without it: the supervisor starts all of it again.
  if (!stop.signal.aborted) {
    console.error('sensor:', error);
    process.exitCode = 1;
  }
  stop.abort();
}
await Promise.race([Promise.allSettled([sending]), sleep(5000, undefined, { ref: false })]);
await client.close();
await store?.close();

function open(options) {
  try {
    return connect(options);
  } catch (error) {
    refuse(error.message);
  }
}

async function tlsOptions() {
  if (PSK) {
    if (!/^([\da-f]{2})+$/i.test(PSK)) refuse('PSK must be the key in hexadecimal digits, two for each byte');
    return { psk: { key: Buffer.from(PSK, 'hex') } };
  }
  if (!TLS_CA) return undefined;
  const read = (path) => path && readFile(path);
  try {
    return { ca: await read(TLS_CA), cert: await read(TLS_CERT), key: await read(TLS_KEY) };
  } catch (error) {
    refuse(`a file of TLS cannot be read: ${error.message}`);
  }
}

async function openStore(folder) {
  try {
    const { levelStore } = await import('@iot/store-level');
    return await levelStore(folder);
  } catch (error) {
    refuse(`the store cannot be opened: ${error.message}`);
  }
}

function refuse(why) {
  console.error(`sensor: ${why}`);
  process.exit(2);
}

async function send() {
  while (!stop.signal.aborted) {
    // With OFFLINE it resolves once the reading is in the store; else once the server has it, however long an outage
    // lasts. It has no signal: a reading that was made is not taken back.
    await client.write(JSON.stringify(await reading()), { until: maxLines > 0 ? 'stored' : 'acked' });
    await sleep(seconds * 1000, undefined, { signal: stop.signal });
  }
}

async function obey() {
  while (!stop.signal.aborted) {
    const line = await client.readline({ signal: stop.signal });
    const wanted = Number(/^interval (\d{1,6})$/.exec(line)?.[1]);
    if (wanted > 0) seconds = wanted;
    else console.error(`sensor: not understood: ${line}`);
  }
}

/** The temperature of the board itself, in degrees Celsius; null where the kernel does not tell. */
async function reading() {
  const text = await readFile('/sys/class/thermal/thermal_zone0/temp', 'utf8').catch(() => undefined);
  return { time: new Date().toISOString(), temperature: text === undefined ? null : Number(text) / 1000 };
}
