/**
 * The configuration file of `--config`, in YAML or JSON. It has the options of the command by name, and also `topics` and
 * `homeAssistant`.
 */
import { readFileSync } from 'node:fs';
import { UsageError } from '@iot/server';
import { HOME_ASSISTANT } from '../home-assistant.js';
import { flag, object, or, readText, text, whole, type Shape } from './shape.js';

const TOPICS = object({ up: text, down: text, field: text, status: text, gateway: text });

const GATEWAY_KEYS = {
  broker: text,
  clientId: text,
  ca: text,
  cert: text,
  key: text,
  retain: flag,
  fields: flag,
  deadLetters: text,
  topics: TOPICS,
  homeAssistant: HOME_ASSISTANT,
};

/** The keys for the broker. */
export const GATEWAY = object(GATEWAY_KEYS);

export type GatewayConfig = ReturnType<typeof GATEWAY>;

const port = whole(0, 65535);

/** The keys for the ports to which boards connect. */
export const LISTEN_KEYS = {
  host: text,
  port: or(false, port),
  tls: object({
    port,
    maxHandshakes: whole(1, Number.MAX_SAFE_INTEGER),
    pskFile: text,
    key: text,
    cert: text,
    ca: text,
  }),
};

const CONFIG = object({
  ...LISTEN_KEYS,
  timeout: whole(100, 2 ** 30),
  store: text,
  ...GATEWAY_KEYS,
});

export type Config = ReturnType<typeof CONFIG>;

/** Reads the file of `iot-mqtt`. @throws UsageError `ERR_BAD_OPTION` with the file, the line and the key */
export function readConfig(path: string): Config {
  return readConfigFile(CONFIG, path);
}

/** Reads a file and checks it against a shape. @throws UsageError `ERR_BAD_OPTION` with the file, the line and the key */
export function readConfigFile<T>(shape: Shape<T>, path: string): T {
  let content;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError('ERR_BAD_OPTION', `${path} cannot be read (${code})`);
  }
  return readText(shape, content, path);
}
