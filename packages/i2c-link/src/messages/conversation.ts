/**
 * The messages between board and responder after the configuration: lines of UTF-8. The first character is the type of
 * the message.
 *
 *   board to responder:   '0' to '3' and a line for the server; the digit is 2 × qos + wait
 *   responder to board:   n and a line from the server; u: the link to the server is up; d: it is down; k: keepalive;
 *                         r and a report; b: no WiFi; s: the first connection to the server failed
 *
 * The parsers do not throw, whatever the line is. They return a `PeerError` for a line that is not a message.
 */
import { PeerError } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';

/** A line from the board for the server. */
export interface BoardLine {
  readonly text: string;
  readonly flags: { readonly qos: boolean; readonly wait: boolean };
}

/** The responder's report on itself. */
export interface Report {
  /** Connection count of the responder. From the bridge: how many times its link to the server has come up. */
  readonly connects: number;
  /** Number of reports before this one. */
  readonly count: number;
  /** Free memory of the responder, in bytes. */
  readonly freeMemory: number;
}

export type ResponderMessage =
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'up' | 'down' | 'keepalive' | 'no-wifi' | 'no-server' }
  | { readonly type: 'report'; readonly report: Report };

const FIRST_FLAGS = 0x30;
const HEADERS = { up: 'u', down: 'd', keepalive: 'k', 'no-wifi': 'b', 'no-server': 's' } as const;
const WITHOUT_TEXT = Object.keys(HEADERS) as (keyof typeof HEADERS)[];

export function encodeBoardLine(text: string, { qos = true, wait = true }: WriteFlags): string {
  return String.fromCharCode(FIRST_FLAGS + 2 * Number(qos) + Number(wait)) + text;
}

export function parseBoardLine(line: string): BoardLine | PeerError {
  const bits = line.charCodeAt(0) - FIRST_FLAGS;
  if (!(bits >= 0 && bits <= 3)) return unknownHeader(line, 'the board');
  return { text: line.slice(1), flags: { qos: bits >= 2, wait: bits % 2 === 1 } };
}

export function encodeResponderMessage(message: ResponderMessage): string {
  if (message.type === 'line') return `n${message.text}`;
  if (message.type !== 'report') return HEADERS[message.type];
  const { connects, count, freeMemory } = message.report;
  return `r${JSON.stringify([connects, count, freeMemory])}`;
}

export function parseResponderMessage(line: string): ResponderMessage | PeerError {
  const header = line.charAt(0);
  if (header === 'n') return { type: 'line', text: line.slice(1) };
  if (header === 'r') return parseReport(line.slice(1));
  const type = WITHOUT_TEXT.find((it) => HEADERS[it] === header);
  return type === undefined ? unknownHeader(line, 'the responder') : { type };
}

function parseReport(text: string): ResponderMessage | PeerError {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  if (!Array.isArray(data) || data.length !== 3 || !data.every((it) => Number.isFinite(it))) {
    return new PeerError('ERR_BAD_FRAME', 'the responder sent a report that is not a list of three numbers');
  }
  const [connects, count, freeMemory] = data as [number, number, number];
  return { type: 'report', report: { connects, count, freeMemory } };
}

function unknownHeader(line: string, who: string): PeerError {
  const what = line === '' ? 'an empty line' : `a line that begins with ${JSON.stringify(line.charAt(0))}`;
  return new PeerError(
    'ERR_BAD_FRAME',
    `${who} sent ${what}: do both units use the same version of the protocol?`,
  );
}
