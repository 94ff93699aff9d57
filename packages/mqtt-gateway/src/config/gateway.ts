/** Makes the options of `startGateway` from a configuration file. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '@iot/server';
import { DEFAULT_BROKER_URL, DEFAULT_CLIENT_ID } from '../broker-url.js';
import type { GatewayOptions } from '../options.js';
import type { GatewayConfig } from './file.js';

export const GATEWAY_DEFAULTS = {
  broker: DEFAULT_BROKER_URL,
  clientId: DEFAULT_CLIENT_ID,
  deadLetters: 'dead-letters.jsonl',
};

/**
 * Makes the options of a gateway from a configuration. It adds the defaults of the commands and reads the PEM files.
 *
 * @param where text before the name of the option in an error, such as `--`
 * @throws UsageError `ERR_BAD_OPTION` for a file that cannot be read
 */
export async function configuredGatewayOptions(
  config: GatewayConfig,
  where: string,
): Promise<Omit<GatewayOptions, 'server' | 'report'>> {
  const all = { ...GATEWAY_DEFAULTS, ...config };
  const { broker: url, clientId, ca, cert, key, topics, retain, fields, homeAssistant, deadLetters } = all;
  const broker = { url, clientId, ...(await pemFiles({ ca, cert, key }, where)) };
  return { broker, topics, retain, fields, homeAssistant, deadLetters };
}

async function pemFiles(
  files: Readonly<Partial<Record<'ca' | 'cert' | 'key', string | undefined>>>,
  where: string,
): Promise<Partial<Record<'ca' | 'cert' | 'key', string>>> {
  const named = Object.entries(files).filter(([, path]) => path !== undefined);
  const read = async ([name, path]: [string, string | undefined]): Promise<[string, string]> => {
    try {
      return [name, await readFile(path!, 'utf8')];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError('ERR_BAD_OPTION', `${where}${name}: ${path} cannot be read (${code})`);
    }
  };
  return Object.fromEntries(await Promise.all(named.map(read)));
}
