/**
 * What the two units say to each other once the board has sent its configuration: lines of UTF-8, each of which begins
 * with one character that says what it is.
 *
 *   board to responder:   '0' to '3' and a line for the server; the digit is 2 × qos + wait
 *   responder to board:   n and a line from the server; u, d: the link to the server came up, went down; k: alive;
 *                         r and a report; b: no WiFi; s: no server at the first attempt
 *
 * Nothing from the wire throws: any other line is returned as a `PeerError`.
 */
import { PeerError } from '@iot/framing';
import type { WriteFlags } from '@iot/qos';

/** A line of the board's for the server. */
export interface BoardLine {
  readonly text: string;
  readonly flags: { readonly qos: boolean; readonly wait: boolean };
}

/** How the responder is doing. */
export interface Report {
  /** How many times it came up. */
  readonly connects: number;
  /** Reports before this one. */
  readonly count: number;
  /** Bytes. */
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
  return new PeerError('ERR_BAD_FRAME', `${who} sent ${what}: is it the same version of the link?`);
}
