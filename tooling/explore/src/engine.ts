/**
 * What can happen in a state of the world, and what comes of it. Knows the network and the duty of a session's owner (read
 * the hello, hand over from an old link to a new one, close); the sessions themselves are in `Ends`.
 */
import {
  chunksTo,
  flowTo,
  isAt,
  isOpenAt,
  leave,
  otherSide,
  SIDES,
  type Action,
  type Side,
} from './actions.js';
import type { Bound } from './bound.js';
import type { Machines } from './bundle.js';
import { Ends, type Operation, type Outcome } from './ends.js';
import { Interned } from './interned.js';
import type { Ledger, LedgerRules } from './ledger.js';
import { TIMEOUT_MS, type Protocol } from './protocols.js';
import { Violation } from './violation.js';
import { newWorld, type Link, type World } from './world.js';

/** After so many ticks no deadline is due any more, unless time passes. */
const MOST_TICKS = 8;

/** Told what happens, one step a call. */
export type Log = (text: string) => void;

export class Engine {
  readonly bound: Bound;
  readonly ends: Readonly<Record<Side, Ends>>;
  readonly #machines: Machines;
  readonly #chunks = new Interned();
  readonly #rules: Readonly<Record<Side, LedgerRules>>;
  readonly #keepalive: RegExp;
  readonly #log: Log;

  constructor(machines: Machines, protocol: Protocol, bound: Bound, log: Log = () => {}) {
    this.bound = bound;
    this.#machines = machines;
    this.#log = log;
    const readAtOnce = bound.ackWhen === 'received';
    const { Session } = machines;
    const { client, server, keepalive } = protocol;
    this.#keepalive = keepalive;
    this.ends = {
      client: new Ends({ readAtOnce, make: (n) => new Session(client(bound, n)) }, this.#chunks),
      server: new Ends({ readAtOnce, make: (n) => new Session(server(bound, n)) }, this.#chunks),
    };
    const rules = { sameText: bound.sameText, inOrder: bound.wait, mayLose: bound.mayLose };
    this.#rules = {
      client: { ...rules, direction: 'up' },
      server: { ...rules, direction: 'down' },
    };
  }

  begin(): World {
    return newWorld(this.ends.client.start(0), this.ends.server.start(0));
  }

  /** All that can happen next. */
  enabled(world: World): Action[] {
    const { bound } = this;
    const { used, links } = world;
    const actions: Action[] = [];
    const lines = { client: bound.linesUp, server: bound.linesDown };
    const mayRestart = used.clientRestarts + used.serverRestarts < bound.restarts;
    for (const side of SIDES) {
      const ledger = ledgerFrom(world, side);
      if (ledger.lines.length < lines[side]) actions.push({ type: 'write', side });
      if (this.#mustRead(world, side)) actions.push({ type: 'read', side });
      if (mayRestart && (bound.restartsOf === 'either' || bound.restartsOf === side))
        actions.push({ type: 'restart', side });
      if (used.giveUps < bound.giveUps) {
        ledger.lines.forEach(({ status }, line) => {
          if (status === 'pending') actions.push({ type: 'give-up', side, line });
        });
      }
      if (this.#mayTick(world, side)) actions.push({ type: 'tick', side });
    }
    if (used.links < bound.links && !links.some((link) => link.client)) actions.push({ type: 'connect' });
    links.forEach((link, i) => {
      for (const to of SIDES) this.#happensAt(world, link, i, to, actions);
    });
    return actions;
  }

  /** What happens to a link at one end. */
  #happensAt(world: World, link: Link, place: number, to: Side, actions: Action[]): void {
    if (!isAt(link, to)) return;
    const flow = flowTo(link, to);
    const [chunk] = flow.chunks;
    if (chunk !== undefined) {
      actions.push({ type: 'deliver', link: place, to, part: 'whole' });
      const bytes = this.#chunks.text(chunk.bytes);
      const cut = bytes.indexOf('\n');
      if (this.bound.split && cut >= 0 && cut < bytes.length - 1) {
        actions.push({ type: 'deliver', link: place, to, part: 'first-line' });
      }
    }
    const mayEnd = link.broken || !isAt(link, otherSide(to)) || world.used.cuts < this.bound.cuts;
    if (!mayEnd) return;
    actions.push({ type: 'fin', link: place, to });
    if (!flow.lost) actions.push({ type: 'lose', link: place, to });
  }

  /** The next step when nothing more goes wrong; undefined when nothing is left to happen. */
  healing(world: World): Action | undefined {
    const side = SIDES.find((it) => this.#mustRead(world, it));
    if (side !== undefined) return { type: 'read', side };
    for (const to of [...SIDES].reverse()) {
      const link = world.links.findIndex((it) => chunksTo(it, to).length > 0);
      if (link >= 0) return { type: 'deliver', link, to, part: 'whole' };
    }
    for (const to of SIDES) {
      const ended = (it: Link): boolean => isAt(it, to) && !isAt(it, otherSide(to)) && !flowTo(it, to).lost;
      const link = world.links.findIndex(ended);
      if (link >= 0) return { type: 'fin', link, to };
    }
    if (!world.links.some((link) => link.client)) return { type: 'connect' };
    const dueIn = this.#dueIn(world);
    const next = SIDES.find((it) => this.#dueInAt(world, it) === dueIn && dueIn < Infinity);
    return next && { type: 'tick', side: next };
  }

  /**
   * Makes it happen.
   *
   * @throws Violation when that breaks the promise.
   */
  apply(world: World, action: Action): void {
    const progress = this.#happens(world, action);
    if (progress) world.used.quietMs = 0;
    world.links = world.links.filter(
      (link) =>
        isOpenAt(link, 'client') ||
        isOpenAt(link, 'server') ||
        (link.server === 'waiting' && link.up.chunks.length > 0),
    );
  }

  /** True when more came of it than a keepalive. */
  #happens(world: World, action: Action): boolean {
    switch (action.type) {
      case 'write': {
        const text = ledgerFrom(world, action.side).nextText(this.#rules[action.side]);
        ledgerFrom(world, action.side).write();
        this.#log(`${action.side} writes "${text}"`);
        this.#act(world, action.side, { type: 'write', text, wait: this.bound.wait });
        return true;
      }
      case 'give-up':
        return this.#giveUp(world, action.side, action.line);
      case 'read':
        this.#log(`${action.side} reads`);
        this.#act(world, action.side, { type: 'read' });
        return true;
      case 'connect':
        return this.#connect(world);
      case 'restart':
        return this.#restart(world, action.side);
      case 'tick':
        return this.#tick(world, action.side);
      case 'deliver':
        return this.#deliver(world, world.links[action.link]!, action.to, action.part === 'first-line');
      case 'fin':
        return this.#fin(world, world.links[action.link]!, action.to);
      case 'lose':
        return this.#lose(world, world.links[action.link]!, action.to);
    }
  }

  #giveUp(world: World, side: Side, line: number): boolean {
    world.used.giveUps += 1;
    const ledger = ledgerFrom(world, side);
    this.#log(`${side} withdraws line ${line}`);
    const { withdrawn } = this.#act(world, side, { type: 'withdraw', ticket: line - ledger.base });
    ledger.withdraw(line, withdrawn);
    return true;
  }

  #connect(world: World): boolean {
    const number = ++world.used.links;
    const flow = { chunks: [], lost: false };
    world.links.push({
      number,
      client: true,
      server: 'waiting',
      hello: this.#chunks.number(''),
      up: { ...flow },
      down: { ...flow },
      broken: false,
    });
    this.#log(`client connects: link ${number}`);
    this.#act(world, 'client', { type: 'open' });
    return true;
  }

  #restart(world: World, side: Side): boolean {
    this.#log(`${side} dies and starts again`);
    for (const link of world.links) leave(link, side);
    const process = side === 'client' ? ++world.used.clientRestarts : ++world.used.serverRestarts;
    world[side] = this.ends[side].start(process);
    ledgerFrom(world, side).writerDied();
    ledgerFrom(world, otherSide(side)).receiverDied();
    return true;
  }

  #mayTick(world: World, side: Side): boolean {
    const dueIn = this.#dueIn(world);
    if (this.#dueInAt(world, side) !== dueIn || dueIn === Infinity) return false;
    if (dueIn === 0) return true;
    const { quiet, delay, flight } = this.bound;
    if (world.used.quietMs + dueIn > quiet * TIMEOUT_MS) return false;
    return world.links.every((link) =>
      SIDES.every((to) => {
        const chunks = chunksTo(link, to);
        if (chunks.length >= flight) return false;
        return chunks.length === 0 || chunks[0]!.age + dueIn <= delay * TIMEOUT_MS;
      }),
    );
  }

  #tick(world: World, side: Side): boolean {
    const ms = this.#dueInAt(world, side);
    if (ms > 0) {
      world.used.quietMs += ms;
      for (const it of SIDES) world[it] = this.ends[it].later(world[it], ms);
      if (this.bound.delay < Infinity) for (const link of world.links) grow(link, ms);
    }
    this.#log(`${ms} ms later, ${side} ticks`);
    this.#act(world, side, { type: 'tick' });
    this.#mustNotStayDue(side, world[side]);
    return false;
  }

  /** A tick may leave its deadline due, for one more look at what has come; the next ticks must not. */
  #mustNotStayDue(side: Side, end: number): void {
    const ends = this.ends[side];
    for (let ticks = 0; ends.dueIn(end) === 0; ticks++) {
      if (ticks === MOST_TICKS) throw new Violation(`a deadline of the ${side} stays due after its tick`);
      end = ends.do(end, { type: 'tick' }).next;
    }
  }

  #deliver(world: World, link: Link, to: Side, firstLine: boolean): boolean {
    const flow = flowTo(link, to);
    const { bytes: whole, age } = flow.chunks.shift()!;
    let bytes = whole;
    if (firstLine) {
      const text = this.#chunks.text(whole);
      const end = text.indexOf('\n') + 1;
      bytes = this.#chunks.number(text.slice(0, end));
      flow.chunks.unshift({ bytes: this.#chunks.number(text.slice(end)), age });
    }
    this.#log(`${to} receives ${JSON.stringify(this.#chunks.text(bytes))} on link ${link.number}`);
    if (to === 'server' && link.server === 'waiting') return this.#greet(world, link, bytes);
    return this.#isProgress(this.#act(world, to, { type: 'receive', bytes }));
  }

  /** Bytes of a hello: once it is whole, the newest link becomes the server's. */
  #greet(world: World, link: Link, bytes: number): boolean {
    link.hello = this.#chunks.number(this.#chunks.text(link.hello) + this.#chunks.text(bytes));
    const reader = new this.#machines.HelloReader(256);
    const hello = reader.push(Uint8Array.from(Buffer.from(this.#chunks.text(link.hello), 'latin1')));
    if (hello === undefined) return true;
    const current = world.links.find((it) => it.server === 'open');
    if (current !== undefined && current.number > link.number) {
      this.#log(`server refuses link ${link.number}`);
      leave(link, 'server');
      return true;
    }
    if (current !== undefined) {
      this.#log(`server gives up link ${current.number}`);
      this.#act(world, 'server', { type: 'linkClosed', how: 'closed' });
      leave(current, 'server');
    }
    link.server = 'open';
    link.hello = this.#chunks.number('');
    const rest = this.#chunks.number(Buffer.from(hello.rest).toString('latin1'));
    this.#act(world, 'server', { type: 'admit', bytes: rest });
    return true;
  }

  #fin(world: World, link: Link, to: Side): boolean {
    this.#breaks(world, link, to);
    this.#log(`${to} sees the end of link ${link.number}`);
    const open = isOpenAt(link, to);
    leave(link, to);
    if (open) this.#act(world, to, { type: 'linkClosed', how: 'fin' });
    return true;
  }

  #lose(world: World, link: Link, to: Side): boolean {
    this.#breaks(world, link, to);
    this.#log(`nothing arrives at the ${to} any more on link ${link.number}`);
    const flow = flowTo(link, to);
    flow.lost = true;
    flow.chunks = [];
    return true;
  }

  /** The network has broken the link, unless it was broken already or the other end has left it. */
  #breaks(world: World, link: Link, to: Side): void {
    if (link.broken || !isAt(link, otherSide(to))) return;
    link.broken = true;
    world.used.cuts += 1;
  }

  /** Does something to the session of an end, and what its owner does with the outcome. */
  #act(world: World, side: Side, operation: Operation): Outcome {
    const ends = this.ends[side];
    const outcome = ends.do(world[side], operation);
    world[side] = outcome.next;
    for (const event of outcome.events) this.#log(`  ${side}: ${event}`);
    for (const text of outcome.lines) {
      this.#log(`  ${side} delivers "${text}"`);
      ledgerFrom(world, otherSide(side)).deliver(text, this.#rules[otherSide(side)]);
    }
    for (const ticket of outcome.settled) {
      this.#log(`  ${side}: write ${ticket} is resolved`);
      ledgerFrom(world, side).settle(ticket, this.#rules[side]);
    }
    const link = world.links.find((it) => isOpenAt(it, side));
    for (const bytes of outcome.sent) {
      this.#log(`  ${side} sends ${JSON.stringify(this.#chunks.text(bytes))}`);
      if (link === undefined) throw new Violation(`the ${side} sends without a link`);
      const flow = flowTo(link, otherSide(side));
      if (!flow.lost && isAt(link, otherSide(side))) flow.chunks = [...flow.chunks, { bytes, age: 0 }];
    }
    if (link !== undefined && !ends.linkOpen(world[side])) {
      this.#log(`  ${side} closes link ${link.number}`);
      leave(link, side);
    }
    return outcome;
  }

  /** Whether more came of it than of a keepalive. */
  #isProgress({ lines, settled, sent, events }: Outcome): boolean {
    return (
      lines.length + settled.length > 0 ||
      events.some((event) => event !== 'keepalive') ||
      sent.some((bytes) => !this.#keepalive.test(this.#chunks.text(bytes)))
    );
  }

  #mustRead(world: World, side: Side): boolean {
    return this.ends[side].hasUnread(world[side]);
  }

  #dueInAt(world: World, side: Side): number {
    return this.ends[side].dueIn(world[side]);
  }

  #dueIn(world: World): number {
    return Math.min(this.#dueInAt(world, 'client'), this.#dueInAt(world, 'server'));
  }
}

/** The lines that this end writes. */
function ledgerFrom(world: World, side: Side): Ledger {
  return side === 'client' ? world.linesUp : world.linesDown;
}

function grow(link: Link, ms: number): void {
  for (const side of SIDES) {
    const flow = flowTo(link, side);
    flow.chunks = flow.chunks.map(({ bytes, age }) => ({ bytes, age: age + ms }));
  }
}
