import { describe, expect, it } from 'vitest';
import { Ledger, LedgerError } from '../src/ledger.js';
import { Trace } from '../src/trace.js';

const qos = { qos: true, wait: true, run: 1 };
const noWait = { ...qos, wait: false };
const plain = { qos: false, wait: true, run: 1 };

/** A line that went well: written, delivered, resolved. */
function good(ledger: Ledger, line: string, kind = qos, receiverRun = 1): void {
  const ticket = ledger.written(line, kind);
  ledger.delivered(line, receiverRun);
  ledger.resolved(ticket);
}

describe('unique payloads', () => {
  it('passes what went well', () => {
    const ledger = new Ledger();
    good(ledger, 'a');
    good(ledger, 'b', noWait);
    good(ledger, 'c', plain);
    ledger.check();
    expect(ledger.firstBreach).toBeUndefined();
    expect(ledger.report()).toEqual({
      written: 3,
      qosWritten: 2,
      resolved: 3,
      aborted: 0,
      unsettled: 0,
      delivered: 3,
      lost: 0,
      lostWithSender: 0,
      lostWithReceiver: 0,
      doubled: 0,
      ambiguous: 0,
      breaches: [],
    });
  });

  it('catches a line that was never written', () => {
    const ledger = new Ledger();
    ledger.delivered('ghost', 1);
    expect(ledger.firstBreach).toBe('"ghost" was delivered in receiver run 1 but never written');
    expect(() => ledger.check()).toThrow(LedgerError);
  });

  it('catches a line delivered twice in one receiver run, acked or not, qos or not', () => {
    for (const kind of [qos, noWait, plain]) {
      const ledger = new Ledger();
      good(ledger, 'a', kind);
      ledger.delivered('a', 1);
      expect(() => ledger.check()).toThrow('"a" was delivered twice in receiver run 1');
    }
  });

  it('catches a line that comes again in the next run although its ack had been seen', () => {
    const ledger = new Ledger();
    good(ledger, 'a');
    ledger.receiverDied(1);
    ledger.delivered('a', 2);
    expect(() => ledger.check()).toThrow(
      '"a" was delivered in receiver run 2 although run 1 had delivered it and its write had resolved ' +
        'before that run ended',
    );
  });

  it('allows it when the ack had not been seen before the death, once for each death', () => {
    const ledger = new Ledger();
    const ticket = ledger.written('a', qos);
    ledger.delivered('a', 1);
    ledger.receiverDied(1);
    ledger.delivered('a', 2);
    ledger.resolved(ticket);
    ledger.check();
    expect(ledger.report().doubled).toBe(1);
    ledger.receiverDied(2);
    ledger.delivered('a', 3);
    expect(ledger.firstBreach).toMatch(/run 2 had delivered it/);
  });

  it('catches a line that was never delivered, and says so when its write had resolved', () => {
    const ledger = new Ledger();
    ledger.resolved(ledger.written('a', qos));
    expect(() => ledger.check()).toThrow(
      '"a" (sender run 1) was never delivered although its write resolved',
    );
  });

  it('excuses a loss when the sender died unresolved, not when it died later', () => {
    const ledger = new Ledger();
    ledger.written('unresolved', qos);
    ledger.resolved(ledger.written('resolved', noWait));
    ledger.senderDied(1);
    expect(() => ledger.check()).toThrow(/^"resolved" \(sender run 1\) was never delivered[^\n]*$/);
    expect(ledger.report()).toMatchObject({ lost: 2, lostWithSender: 1 });
  });

  it('excuses a loss when the receiver died holding the line, and no other line', () => {
    const ledger = new Ledger();
    ledger.resolved(ledger.written('held', qos));
    ledger.resolved(ledger.written('not held', qos));
    ledger.receiverDied(1, ['held']);
    expect(() => ledger.check()).toThrow(/^"not held" [^\n]*$/);
    expect(ledger.report()).toMatchObject({ lost: 2, lostWithReceiver: 1 });
  });

  it('lets lines without qos and aborted ones be lost, or arrive once', () => {
    const ledger = new Ledger();
    ledger.resolved(ledger.written('a', plain));
    ledger.aborted(ledger.written('b', qos));
    const late = ledger.written('c', qos);
    ledger.aborted(late);
    ledger.delivered('c', 1);
    ledger.check();
    expect(ledger.report()).toMatchObject({ aborted: 2, lost: 0 });
  });

  it('catches waiting lines out of order', () => {
    const ledger = new Ledger();
    const [first, second] = ['first', 'second'].map((line) => ledger.written(line, qos));
    ledger.delivered('second', 1);
    ledger.delivered('first', 1);
    ledger.resolved(first!);
    ledger.resolved(second!);
    expect(() => ledger.check()).toThrow(
      '"first" was delivered after "second" in receiver run 1 although it was written before it',
    );
  });

  it('asks for no order from others: no wait, no qos, aborted, other sender or receiver runs', () => {
    const ledger = new Ledger();
    for (const line of ['w1', 'w2', 'orphan']) ledger.written(line, qos);
    ledger.written('no wait', noWait);
    ledger.written('no qos', plain);
    ledger.senderDied(1);
    const next = ledger.written('next', { ...qos, run: 2 });
    for (const line of ['next', 'no qos', 'no wait', 'w1', 'w2']) ledger.delivered(line, 1);
    ledger.resolved(next);
    ledger.receiverDied(1);
    ledger.delivered('w1', 2);
    ledger.check();

    const withAbort = new Ledger();
    const early = withAbort.written('early', qos);
    withAbort.aborted(early);
    good(withAbort, 'later');
    withAbort.delivered('early', 1);
    withAbort.check();
  });

  it('catches a write of a living sender that never settles, with qos and without', () => {
    const ledger = new Ledger();
    ledger.written('a', qos);
    ledger.delivered('a', 1);
    ledger.written('b', plain);
    expect(() => ledger.check()).toThrow(
      'the write of "a" (qos, sender run 1) was never settled\n' +
        'the write of "b" (no qos, sender run 1) was never settled',
    );
  });

  it('catches a write that settles twice or after its sender has died', () => {
    const ledger = new Ledger();
    const twice = ledger.written('a', plain);
    ledger.resolved(twice);
    ledger.aborted(twice);
    expect(ledger.firstBreach).toBe('the write of "a" was aborted after it had been resolved');
    const late = new Ledger();
    const ticket = late.written('a', plain);
    late.senderDied(1);
    late.resolved(ticket);
    expect(late.firstBreach).toBe('the write of "a" was resolved after sender run 1 had ended');
  });

  it('lets two receivers that take turns both have what was unacked at the change, each once', () => {
    const ledger = new Ledger({ receivers: 2 });
    good(ledger, 'settled');
    const ticket = ledger.written('unacked', qos);
    ledger.delivered('unacked', 1);
    ledger.handedOver();
    ledger.delivered('unacked', 2);
    ledger.resolved(ticket);
    ledger.check();
    ledger.delivered('settled', 2);
    ledger.delivered('unacked', 1);
    expect(ledger.report().breaches).toEqual([
      expect.stringMatching(/^"settled" was delivered in receiver run 2 although run 1/),
      '"unacked" was delivered twice in receiver run 1',
    ]);
  });

  it('lets a line that was unacked when it was sent as a new one come once more', () => {
    const ledger = new Ledger();
    good(ledger, 'settled');
    const ticket = ledger.written('unacked', qos);
    ledger.delivered('unacked', 1);
    ledger.mayComeAgain();
    ledger.delivered('unacked', 1);
    ledger.resolved(ticket);
    ledger.check();
    ledger.delivered('unacked', 1);
    ledger.delivered('settled', 1);
    expect(ledger.report().breaches).toEqual([
      '"unacked" was delivered twice in receiver run 1',
      '"settled" was delivered twice in receiver run 1',
    ]);
  });

  it('lets a sender that starts again from a backup send what it has there once more, and requires that it does', () => {
    const ledger = new Ledger();
    const [acked, unacked] = [ledger.written('acked', qos), ledger.written('unacked', qos)];
    const backup = ledger.unacked(1);
    ledger.delivered('acked', 1);
    ledger.resolved(acked);
    ledger.senderDied(1);
    expect(ledger.senderRestored(2, backup)).toBe(1);
    ledger.delivered('acked', 1);
    expect(() => ledger.check()).toThrow('the write of "unacked" (qos, sender run 2) was never settled');
    ledger.delivered('unacked', 1);
    ledger.resolved(unacked);
    ledger.check();
    ledger.delivered('acked', 1);
    expect(ledger.firstBreach).toBe('"acked" was delivered twice in receiver run 1');
  });

  it('lets a receiver that starts again from a backup read what was unread there, and nothing else', () => {
    const ledger = new Ledger();
    good(ledger, 'read before');
    good(ledger, 'unread');
    ledger.receiverDied(1);
    ledger.receiverRestored(['unread']);
    ledger.delivered('unread', 2);
    ledger.check();
    ledger.delivered('read before', 2);
    expect(ledger.firstBreach).toMatch(/^"read before" was delivered in receiver run 2 although run 1/);
  });

  it('lets the next receiver read a line again whose ack the sender had not stored when it died, and no other', () => {
    const ledger = new Ledger();
    const [stored, unstored] = [ledger.written('ack stored', qos), ledger.written('ack not stored', qos)];
    for (const ticket of [stored, unstored]) {
      ledger.delivered(ticket.line, 1);
      ledger.resolved(ticket);
    }
    ledger.stillPending(unstored);
    ledger.receiverDied(1);
    ledger.delivered('ack not stored', 2);
    ledger.check();
    ledger.delivered('ack stored', 2);
    expect(ledger.firstBreach).toMatch(/^"ack stored" was delivered in receiver run 2 although run 1/);
  });

  it('does not let one receiver read a line twice whose ack the sender had not stored when it died', () => {
    const ledger = new Ledger();
    const ticket = ledger.written('line', qos);
    ledger.delivered('line', 1);
    ledger.resolved(ticket);
    ledger.stillPending(ticket);
    ledger.delivered('line', 1);
    expect(ledger.firstBreach).toBe('"line" was delivered twice in receiver run 1');
  });

  it('throws on mistakes of the harness at once', () => {
    const ledger = new Ledger();
    const ticket = ledger.written('a', qos);
    expect(() => ledger.written('a', qos)).toThrow(/written before/);
    expect(() => new Ledger().resolved(ticket)).toThrow(/no ticket/);
    ledger.delivered('a', 1);
    expect(() => ledger.delivered('a', 2)).toThrow('receiver run 1 was never reported dead');
    ledger.receiverDied(1);
    expect(() => ledger.delivered('a', 1)).toThrow('receiver run 1 is over');
    ledger.senderDied(1);
    expect(() => ledger.written('b', qos)).toThrow('sender run 1 is over');
  });
});

describe('identical payloads', () => {
  const identical = () => new Ledger({ payloads: 'identical' });

  it('passes as many deliveries as writes, and qos:false ones that were lost', () => {
    const ledger = identical();
    for (let n = 0; n < 5; n += 1) good(ledger, 'same');
    ledger.resolved(ledger.written('same', plain));
    ledger.check();
    expect(ledger.report()).toMatchObject({ written: 6, delivered: 5, lost: 0, doubled: 0, ambiguous: 0 });
  });

  it('catches more deliveries than writes', () => {
    const ledger = identical();
    good(ledger, 'same');
    ledger.delivered('same', 1);
    expect(ledger.firstBreach).toMatch(/^"same" was delivered 2 times but written only 1 times/);
    expect(() => ledger.check()).toThrow(LedgerError);
  });

  it('counts each text for itself', () => {
    const ledger = identical();
    good(ledger, 'on');
    ledger.delivered('off', 1);
    expect(ledger.firstBreach).toMatch(/^"off" was delivered .* never written/);
  });

  it('catches fewer deliveries than owed', () => {
    const ledger = identical();
    good(ledger, 'same');
    ledger.resolved(ledger.written('same', qos));
    expect(() => ledger.check({ maxAmbiguous: 5 })).toThrow(
      '"same" was delivered 1 times, 1 fewer than owed: 0 died with their sender, 0 with a receiver, ' +
        '0 may be ambiguous',
    );
  });

  it('excuses what died unresolved with its sender or held by its receiver', () => {
    const ledger = identical();
    ledger.resolved(ledger.written('same', qos));
    ledger.receiverDied(1, ['same']);
    ledger.written('same', qos);
    ledger.senderDied(1);
    ledger.check();
    expect(ledger.report()).toMatchObject({ lost: 2, lostWithSender: 1, lostWithReceiver: 1, ambiguous: 0 });
  });

  it('puts what only a reboot with the same bytes explains into its own column, bounded by the caller', () => {
    const ledger = identical();
    good(ledger, 'same');
    ledger.senderDied(1);
    ledger.resolved(ledger.written('same', { ...qos, run: 2 }));
    expect(ledger.report()).toMatchObject({ lost: 1, ambiguous: 1 });
    ledger.check({ maxAmbiguous: 1 });
    expect(() => ledger.check()).toThrow(LedgerError);
  });

  it('allows a repeat after the death of a receiver only for a line whose ack had not been seen', () => {
    const unseen = identical();
    const ticket = unseen.written('same', qos);
    unseen.delivered('same', 1);
    unseen.receiverDied(1);
    unseen.delivered('same', 2);
    unseen.resolved(ticket);
    unseen.check();
    expect(unseen.report().doubled).toBe(1);
    const seen = identical();
    good(seen, 'same');
    seen.receiverDied(1);
    seen.delivered('same', 2);
    expect(seen.firstBreach).toMatch(/0 repeats excused/);
  });

  it('catches writes that never settle', () => {
    const ledger = identical();
    ledger.written('same', qos);
    ledger.delivered('same', 1);
    expect(() => ledger.check()).toThrow(/never settled/);
  });
});

it('carries the trace with the error and shows no more than ten breaches', () => {
  const trace = new Trace(() => 0);
  const ledger = new Ledger({ trace });
  for (let n = 0; n < 12; n += 1) ledger.delivered(`ghost ${n}`, 1);
  const error = (() => {
    try {
      ledger.check();
    } catch (caught) {
      return caught as LedgerError;
    }
    throw new Error('nothing was thrown');
  })();
  expect(error.trace).toBe(trace);
  expect(error.breaches).toHaveLength(12);
  expect(error.message).toMatch(/… and 2 more$/);
});
