/** Runs the bridge with the Linux hardware and prints its events. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, networkManager, type TlsConnectOptions } from '@iot/client';
import { openBridge, type Bridge } from '../bridge/bridge.js';
import { fineClock, openResponderHardware, type GpioLine } from '../linux/index.js';
import type { Settings } from './settings.js';

/**
 * Opens the hardware and the bridge and runs until `stop` is aborted. Then it closes both.
 *
 * @param say called with a line of text for each event
 * @throws IotError when the hardware cannot be opened, or fails later
 */
export async function run(settings: Settings, say: (line: string) => void, stop: AbortSignal): Promise<void> {
  const tls = settings.tls && (await tlsOptions(settings.tls));
  let failed: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (failed = reject));
  await using hardware = await openResponderHardware({
    bus: settings.bus,
    syn: settings.syn,
    ack: settings.ack,
    reset: settings.reset?.line,
    failed,
  });
  const { reset } = hardware.ports;
  await using bridge = openBridge({
    ...hardware.ports,
    reset: reset && { ...reset, activeLevel: settings.reset?.activeLevel },
    clock: fineClock,
    ...(settings.wifi && { network: networkManager }),
    connect: (options) => connect({ ...options, tls, watchdog: settings.watchdog }),
  });
  report(bridge, say);
  say(`waiting for the board on ${wires(settings)}`);
  const stopped = stop.aborted ? undefined : once(stop, 'abort');
  await Promise.race([failure, stopped]);
  say('stopped');
}

async function tlsOptions(settings: NonNullable<Settings['tls']>): Promise<TlsConnectOptions> {
  if ('psk' in settings) return settings;
  const { ca, cert, key } = settings;
  return {
    ca: await readFile(ca),
    cert: cert && (await readFile(cert)),
    key: key && (await readFile(key)),
  };
}

function report(bridge: Bridge, say: (line: string) => void): void {
  bridge.on('synchronised', () => say('the board is there'));
  bridge.on('configured', ({ id, host, port }, resumed) => {
    const client = `client ${JSON.stringify(id)} of ${JSON.stringify(host)} port ${port}`;
    say(resumed ? `${client} goes on` : client);
  });
  bridge.on('state', (up) => say(up ? 'the server is up' : 'the server is down'));
  bridge.on('stopped', (error) => say(`stopped until the board resets this end: ${error.message}`));
  bridge.on('ended', (error) =>
    say(error === undefined ? 'the board has left' : `the channel ended: ${error.message}`),
  );
  bridge.on('peerError', (error) => say(`protocol error: ${error.message}`));
}

function wires({ bus, syn, ack, reset }: Settings): string {
  const name = ({ chip, line }: GpioLine): string => `${chip}:${line}`;
  const last = reset === undefined ? 'no reset' : `reset ${name(reset.line)}`;
  return `I2C bus ${bus}, syn ${name(syn)}, ack ${name(ack)}, ${last}`;
}
