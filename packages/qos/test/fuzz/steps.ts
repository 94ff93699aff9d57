import {
  ackLine,
  encodeUtf8,
  endLine,
  messageLine,
  OFFER_LINE,
  openingLine,
  unsafeLine,
  type Opening,
} from '@iot/framing';
import fc from 'fast-check';
import { TIMEOUT_MS } from './driver.js';

/** What happens to a session. */
export type Step =
  | { readonly kind: 'receive'; readonly bytes: Uint8Array }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'end'; readonly how: 'fin' | 'reset' | 'closed' }
  | { readonly kind: 'write'; readonly qos: boolean; readonly wait: boolean }
  | { readonly kind: 'withdraw'; readonly ticket: number }
  | { readonly kind: 'read' | 'open' | 'probe' }
  | { readonly kind: 'backPressure'; readonly on: boolean };

/** What peers say in version 1, well and badly. */
const VERSION_1 = [
  '\n',
  '00\n',
  '01\n',
  '07\n',
  'ff\n',
  '00first\n',
  '01a\n',
  '02b\n',
  '77c\n',
  '78far\n',
  'ffz\n',
];
const BAD = [
  'z\n',
  'zzline\n',
  '\r\n',
  '0',
  '00',
  '-',
  '\n\n\n',
  `00${'x'.repeat(300)}\n`,
  '00é\n',
  '\u{1f4a5}',
];
const EPOCH = 'e'.repeat(16);

/** The same in version 2. */
function versionTwo(): string[] {
  const opening: Opening = {
    epoch: EPOCH,
    base: 0,
    known: undefined,
    taken: 0,
    received: 0,
    window: 100,
    lineCost: 20,
    longest: 200,
    unacked: 0,
  };
  return [
    OFFER_LINE,
    openingLine(opening),
    openingLine({ ...opening, base: 5, unacked: 3 }),
    openingLine({ ...opening, known: 'a'.repeat(16), taken: 2, received: 7 }),
    openingLine({ ...opening, window: 1e9, longest: 1 }),
    ackLine({ taken: 0, received: 0, window: 100, sent: 0 }),
    ackLine({ taken: 2, received: 3, window: 100, sent: 3 }),
    ackLine({ taken: 900, received: 900, window: 0, sent: 900 }),
    ...[1, 2, 3, 900].map((number) => messageLine(number, `line ${number}`)),
    unsafeLine('unsafe'),
    endLine('busy', 'later', 100),
    endLine('gap', 'a line is missing'),
    endLine('closed', 'bye'),
  ];
}

const PIECES = [...VERSION_1, ...BAD, ...versionTwo()].map((text) => encodeUtf8(text));

const bytes = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...PIECES) }, fc.uint8Array({ maxLength: 12 })), {
    maxLength: 8,
  })
  .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('receive' as const), bytes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(3 * TIMEOUT_MS) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'open' as const }) },
  fc.record({ kind: fc.constant('end' as const), how: fc.constantFrom('fin', 'reset', 'closed') }),
  fc.record({ kind: fc.constant('write' as const), qos: fc.boolean(), wait: fc.boolean() }),
  fc.record({ kind: fc.constant('withdraw' as const), ticket: fc.nat(10) }),
  fc.record({ kind: fc.constantFrom('read' as const, 'probe' as const) }),
  fc.record({ kind: fc.constant('backPressure' as const), on: fc.boolean() }),
);
