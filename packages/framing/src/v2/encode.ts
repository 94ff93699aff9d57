/** The lines of version 2 of the protocol as text (PROTOCOL-2.md sections 2 and 3). `decoder.ts` reads them. */
import { OFFER, type EndCode, type Opening, type Standing } from './frame.js';

/** The line by which a client offers version 2. It follows the hello, in the same write. */
export const OFFER_LINE = `${OFFER}\n`;

export function openingLine(opening: Opening): string {
  const { epoch, base, known = '-', taken, received, window, lineCost, longest, unacked } = opening;
  return `${OFFER} ${epoch} ${base} ${known} ${taken} ${received} ${window} ${lineCost} ${longest} ${unacked}\n`;
}

export function ackLine({ taken, received, window, sent }: Standing): string {
  return `+${taken} ${received} ${window} ${sent}\n`;
}

/** A message with a number. `text` must have passed `checkLine` and must not be empty. */
export function messageLine(n: number, text: string): string {
  return `${n} ${text}\n`;
}

/** A message with `qos: false`. `text` must have passed `checkLine` and must not be empty. */
export function unsafeLine(text: string): string {
  return ` ${text}\n`;
}

/** @param waitMs with the code `busy`: how long the peer must wait before it connects again */
export function endLine(code: EndCode, text: string, waitMs = 0): string {
  return code === 'busy' ? `!${code} ${waitMs} ${text}\n` : `!${code} ${text}\n`;
}
