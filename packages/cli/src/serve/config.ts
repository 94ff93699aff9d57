/**
 * The settings of `iot serve`, in the form of the file of `--config`. Options set the same keys
 * (`options.ts`).
 */
import {
  flag,
  GATEWAY,
  LISTEN_KEYS,
  listOf,
  object,
  oneOf,
  or,
  text,
  whole,
} from '@iot/mqtt-gateway/internal';
import { LOG_LEVELS } from './log.js';
import { LIMIT_SHAPES } from './limits.js';

const port = whole(0, 65535);
const ms = whole(1, 2 ** 31 - 1);

const ALERTS = object(
  {
    silentForMs: ms,
    flaps: object({ count: whole(2, 1000), withinMs: ms }, ['count', 'withinMs']),
    refused: flag,
    to: text,
  },
  ['to'],
);

export const ADMIT = ['any', 'expected'] as const;
export const ON_DUPLICATE = ['probe', 'takeover', 'reject'] as const;

export const CONFIG = object({
  ...LISTEN_KEYS,
  expected: listOf(text),
  admit: oneOf(...ADMIT),
  onDuplicate: oneOf(...ON_DUPLICATE),
  proxyProtocol: listOf(text),
  store: text,
  admin: or(
    false,
    object({
      port,
      host: text,
      tokenFile: text,
      hostNames: listOf(text),
      labels: oneOf('client'),
      showLines: flag,
      alerts: ALERTS,
    }),
  ),
  mqtt: GATEWAY,
  logLevel: oneOf(...LOG_LEVELS),
  json: flag,
  ...LIMIT_SHAPES,
});

export type Config = ReturnType<typeof CONFIG>;
