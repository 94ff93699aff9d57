/** `iot doctor`: checks for reasons why links do not work, and prints one line per check, with what to do. */
import { randomBytes } from 'node:crypto';
import { addClientOptions, numberOption, openFleetTls, type ClientSettings } from '@iot/app-kit';
import { Option } from 'commander';
import type { DefineCommand, Context } from '../context.js';
import { checkCertificateFile, checkServerCertificate } from '../doctor/certificates.js';
import type { Finding } from '../doctor/finding.js';
import { checkClock, checkDescriptors, checkKeys, checkStore } from '../doctor/machine.js';
import { checkPort, checkServer, localAddress, type Target } from '../doctor/server.js';
import { CommandError } from '../exit-codes.js';

interface DoctorOptions extends ClientSettings {
  readonly id?: string;
  readonly url?: string;
  readonly keys?: string;
  readonly store?: string;
  readonly boards: number;
  readonly json?: boolean;
}

export const doctor: DefineCommand = (command, context) => {
  addClientOptions(
    command
      .option(
        '--id <id>',
        'id in the hello (default: an unused id; if --psk-file is given, --psk-identity, or else iot-doctor)',
      )
      .addOption(
        new Option(
          '--url <url>',
          'admin interface, to compare the clock (default: port 9123 of the server)',
        ).env('IOT_URL'),
      )
      .option('--keys <file>', "check the server's file of keys")
      .option('--store <folder>', "check the server's store, when no process has it open")
      .addOption(
        numberOption(
          '--boards <number>',
          'number of boards that will be connected at a time',
          1,
          1_000_000,
        ).default(1000),
      )
      .option('--json', 'print JSON'),
  ).action((options: DoctorOptions) => examine(options, context));
};

async function examine(options: DoctorOptions, { stop, print }: Context): Promise<void> {
  const all: Finding[] = [];
  for await (const finding of checks(options)) {
    if (stop.aborted) return;
    all.push(finding);
    if (options.json !== true) print(`${finding.status.padEnd(8)} ${finding.name}: ${finding.text}`);
  }
  if (options.json === true) print(JSON.stringify(all));
  const problems = all.filter(({ status }) => status === 'problem').length;
  if (problems > 0) throw new CommandError(1, `${problems} of ${all.length} checks found a problem`);
}

async function* checks(options: DoctorOptions): AsyncGenerator<Finding, void> {
  const { host, port, timeout, tlsCa, tlsCert, keys, store, boards } = options;
  const id = options.id ?? idOf(options);
  const target: Target = { host, port, timeout, id, tls: (await openFleetTls(options))(id) };
  const address = await localAddress(host);
  const [onPort, listener] = address === undefined ? [] : await checkPort(address, port);
  if (onPort !== undefined) yield onPort;
  const server = await checkServer(target);
  yield* server;
  if (tlsCa !== undefined && server[0]?.status === 'ok') yield await checkServerCertificate(target);
  if (tlsCert !== undefined) yield await checkCertificateFile(tlsCert);
  if (keys !== undefined) yield await checkKeys(keys);
  if (store !== undefined) yield await checkStore(store);
  const url = options.url ?? `http://${host.includes(':') ? `[${host}]` : host}:9123`;
  yield await checkClock(url, options.url !== undefined);
  if (address !== undefined) yield await checkDescriptors(boards, listener);
}

/**
 * The default id of the hello, which no client has. With keys the id is fixed, so that the user can make a
 * key for it.
 */
function idOf({ pskFile, pskIdentity }: DoctorOptions): string {
  if (pskFile !== undefined) return pskIdentity ?? 'iot-doctor';
  return `iot-doctor-${randomBytes(4).toString('hex')}`;
}
