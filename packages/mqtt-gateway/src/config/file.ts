/** The file of `--config`: YAML or JSON, with the options of the command by their names, `topics` and `homeAssistant`. */
import { readFileSync } from 'node:fs';
import { UsageError } from '@iot/server';
import { HOME_ASSISTANT } from '../home-assistant.js';
import { flag, object, readText, text, whole } from './shape.js';

const TOPICS = object({ up: text, down: text, field: text, status: text, gateway: text });

const CONFIG = object({
  host: text,
  port: whole(0, 65535),
  timeout: whole(100, 2 ** 30),
  store: text,
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
});

export type Config = ReturnType<typeof CONFIG>;

/** @throws UsageError `ERR_BAD_OPTION` with the file, the line and the key */
export function readConfig(path: string): Config {
  let content;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError('ERR_BAD_OPTION', `${path} cannot be read (${code})`);
  }
  return readText(CONFIG, content, path);
}
