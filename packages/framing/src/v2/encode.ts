import { OFFER, type EndCode, type Opening, type Standing } from './frame.js';

/** The offer, which follows the hello in the same write. */
export const OFFER_LINE = `${OFFER}\n`;

export function openingLine(opening: Opening): string {
  const { epoch, base, known = '-', taken, received, window, lineCost, longest, unacked } = opening;
  return `${OFFER} ${epoch} ${base} ${known} ${taken} ${received} ${window} ${lineCost} ${longest} ${unacked}\n`;
}

export function ackLine({ taken, received, window, sent }: Standing): string {
  return `+${taken} ${received} ${window} ${sent}\n`;
}

/** `text` must have passed `checkLine` and not be empty, as in the next function. */
export function messageLine(n: number, text: string): string {
  return `${n} ${text}\n`;
}

export function unsafeLine(text: string): string {
  return ` ${text}\n`;
}

/** @param waitMs of `busy`: the peer is to come back no sooner */
export function endLine(code: EndCode, text: string, waitMs = 0): string {
  return code === 'busy' ? `!${code} ${waitMs} ${text}\n` : `!${code} ${text}\n`;
}
