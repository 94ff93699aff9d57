/**
 * TLS of the programs: options that name files, and the contents of these files. Keys are not arguments,
 * because every user of the machine can see arguments.
 */
import { readFile } from 'node:fs/promises';
import type { TlsConnectOptions } from '@iot/client';
import { UsageError, type Server, type TlsCertificates, type TlsListenOptions } from '@iot/server';
import { openKeys } from '@iot/server/keys';
import { Option, type Command } from 'commander';
import { sayOnce } from './log.js';

interface TlsFiles {
  readonly pskFile?: string | undefined;
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

export interface ServerTlsSettings extends TlsFiles {
  /** False: listen only with TLS. */
  readonly plain: boolean;
  readonly tlsPort?: number | undefined;
}

export interface ClientTlsSettings extends TlsFiles {
  readonly pskIdentity?: string;
}

/** @param port `--tls-port` */
export function addServerTls(command: Command, port: Option): Command {
  return command
    .addOption(port)
    .option('--no-plain', 'listen with TLS alone')
    .addOption(pskFile('TLS with the keys of the clients, which are in this file'))
    .option('--tls-key <file>', "TLS with certificates: the server's private key, in PEM")
    .option('--tls-cert <file>', "the server's certificate")
    .option(
      '--tls-ca <file>',
      "certificate of the authority that signs clients' certificates; each client must then have one",
    );
}

/** With TLS the default of `--port` is 8124. */
export function addClientTls(command: Command): Command {
  const implied = { port: 8124 };
  return command
    .addOption(pskFile("TLS with this client's key, which is in this file").implies(implied))
    .option('--psk-identity <name>', 'name of the key in --psk-file (default: the id)')
    .addOption(
      new Option(
        '--tls-ca <file>',
        "TLS: certificate of the authority that signs the server's certificate",
      ).implies(implied),
    )
    .option('--tls-cert <file>', "this client's certificate, for a server that asks for one")
    .option('--tls-key <file>', 'its private key');
}

function pskFile(description: string): Option {
  return new Option('--psk-file <file>', description).conflicts(['tlsCa', 'tlsCert', 'tlsKey']);
}

/** The options for `listen` that result from these settings. */
export interface ServerTls {
  readonly options: TlsListenOptions;
  /** Reads the files again. Ends the links of clients whose key was changed or removed. */
  readonly reload: (server: Server) => Promise<void>;
}

/** Undefined without TLS. */
export async function openServerTls(settings: ServerTlsSettings): Promise<ServerTls | undefined> {
  const { plain, tlsPort: port, pskFile, tlsKey, tlsCert, tlsCa } = settings;
  if (pskFile !== undefined) {
    const keys = await openKeys(pskFile);
    const reload = async (server: Server) => {
      for (const id of await keys.reload()) void server.disconnect(id, 'its key was changed');
    };
    return { options: { port, psk: keys.get }, reload };
  }
  if (tlsKey === undefined || tlsCert === undefined) {
    if (plain && [port, tlsKey, tlsCert, tlsCa].every((given) => given === undefined)) return undefined;
    throw bad('TLS needs --psk-file, or --tls-key and --tls-cert');
  }
  const certificates = async (): Promise<TlsCertificates> => ({
    port,
    key: await contentOf(tlsKey),
    cert: await contentOf(tlsCert),
    ca: tlsCa && (await contentOf(tlsCa)),
  });
  const reload = async (server: Server) => server.reload({ tls: await certificates() });
  return { options: await certificates(), reload };
}

/** Reads the files again on SIGHUP, until the server is closed. */
export function reloadOnSighup(server: Server, { reload }: ServerTls): void {
  const read = () => {
    reload(server).then(
      () => sayOnce('the keys or certificates were read again'),
      (error: unknown) => sayOnce(`the keys or certificates were not reloaded: ${(error as Error).message}`),
    );
  };
  process.on('SIGHUP', read);
  server.on('close', () => process.off('SIGHUP', read));
}

/**
 * The options for `connect` that result from these settings. Undefined without TLS.
 *
 * @param id of the client
 */
export async function openClientTls(
  settings: ClientTlsSettings,
  id: string,
): Promise<TlsConnectOptions | undefined> {
  return (await openFleetTls(settings))(id);
}

/** The same for many clients. Reads the files once, and returns a function from an id to the options. */
export async function openFleetTls({
  pskFile,
  pskIdentity: identity,
  tlsCa,
  tlsCert,
  tlsKey,
}: ClientTlsSettings): Promise<(id: string) => TlsConnectOptions | undefined> {
  if (pskFile !== undefined) {
    const keys = await openKeys(pskFile);
    return (id) => {
      const key = keys.get(identity ?? id);
      if (key === undefined) throw bad(`${pskFile} has no key of ${JSON.stringify(identity ?? id)}`);
      return { psk: { identity, key } };
    };
  }
  if (identity !== undefined) throw bad('--psk-identity needs --psk-file');
  if (tlsCa === undefined) {
    if (tlsCert === undefined && tlsKey === undefined) return () => undefined;
    throw bad("--tls-cert and --tls-key need --tls-ca: who signs the server's certificate");
  }
  const options = {
    ca: await contentOf(tlsCa),
    cert: tlsCert && (await contentOf(tlsCert)),
    key: tlsKey && (await contentOf(tlsKey)),
  };
  return () => options;
}

function contentOf(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw bad(`${path} cannot be read (${code}): does it exist, and may this user read it?`);
  });
}

function bad(message: string): UsageError {
  return new UsageError('ERR_BAD_OPTION', message);
}
