/**
 * Applies each action (choices.ts) to a state of the world. It models the network, and does the work of a
 * session's owner: it reads the hello, switches from an old link to a new one, and closes links. The sessions
 * are in `Ends`.
 */
import {
  flowTo,
  isAt,
  isOpenAt,
  leave,
  ledgerFrom,
  otherSide,
  SIDES,
  type Action,
  type Side,
} from './actions.js';
import { isStored, type Bound } from './bound.js';
import type { Machines } from './bundle.js';
import { checkOutcome, checkWait } from './checks.js';
import { Choices, type Setting } from './choices.js';
import { Ends, type Operation, type Outcome } from './ends.js';
import { Interned } from './interned.js';
import type { LedgerRules } from './ledger.js';
import type { Protocol } from './protocols.js';
import { Violation } from './violation.js';
import { newWorld, type Link, type World } from './world.js';

/** After this number of ticks without a change of the time, no deadline may be due. */
const MOST_TICKS = 8;

/** The number of the process that temporarily uses the client's id. */
const VISITOR = 9;

/** Called with a text for each step. */
export type Log = (text: string) => void;

export class Engine {
  readonly choices: Choices;
  readonly #setting: Setting;
  readonly #machines: Machines;
  readonly #rules: Readonly<Record<Side, LedgerRules>>;
  readonly #log: Log;

  constructor(machines: Machines, protocol: Protocol, bound: Bound, log: Log = () => {}) {
    this.#machines = machines;
    this.#log = log;
    const readAtOnce = bound.ackWhen === 'received' && !bound.readLater;
    const { Session } = machines;
    const { client, server } = protocol;
    const chunks = new Interned();
    const ends = {
      client: new Ends(
        {
          readAtOnce,
          stored: isStored(bound, 'client'),
          make: (n, log) => new Session(client(bound, n), log),
        },
        chunks,
      ),
      server: new Ends(
        {
          readAtOnce,
          stored: isStored(bound, 'server'),
          make: (n, log) => new Session(server(bound, n), log),
        },
        chunks,
      ),
    };
    this.#setting = { bound, protocol, ends, chunks };
    this.choices = new Choices(this.#setting);
    const rules = { sameText: bound.sameText, inOrder: bound.wait, mayLose: bound.mayLose };
    this.#rules = {
      client: { ...rules, direction: 'up' },
      server: { ...rules, direction: 'down' },
    };
  }

  /** States of the client's session and of the server's so far. */
  get sizes(): readonly [client: number, server: number] {
    return [this.#ends.client.size, this.#ends.server.size];
  }

  get #ends(): Setting['ends'] {
    return this.#setting.ends;
  }

  get #chunks(): Interned {
    return this.#setting.chunks;
  }

  begin(): World {
    return newWorld(this.#ends.client.start(0), this.#ends.server.start(0));
  }

  /**
   * Applies the action to the world.
   *
   * @throws Violation if the promise is broken.
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

  /**
   * The next action of a healing. Undefined when no action is left.
   *
   * @throws Violation if the healing must wait without a reason.
   */
  healing(world: World): Action | undefined {
    const action = this.choices.healing(world);
    if (action?.type !== 'tick') return action;
    checkWait(this.#setting, world, action, this.choices.dueInAt(world, action.side));
    return action;
  }

  /** True if the action caused more than a keepalive. */
  #happens(world: World, action: Action): boolean {
    switch (action.type) {
      case 'write': {
        const ledger = ledgerFrom(world, action.side);
        const text = ledger.nextText(this.#rules[action.side]);
        const { wait, unsafe } = this.#setting.bound;
        const qos = ledger.lines.length >= unsafe;
        ledger.write(!qos);
        this.#log(`${action.side} writes "${text}"${qos ? '' : ' without qos'}`);
        this.#act(world, action.side, { type: 'write', text, wait, qos });
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
      case 'append':
        this.#log(`what the ${action.side} appends is stored`);
        this.#act(world, action.side, { type: 'append' });
        return true;
      case 'die':
        return this.#die(world, action.side, action.appended);
      case 'visit':
      case 'return':
        return this.#change(world, action.type);
      case 'back-up':
        this.#log('the state of the client is kept');
        world.backup = { client: world.client, statuses: world.linesUp.lines.map(({ status }) => status) };
        return true;
      case 'restore':
        return this.#restore(world);
      case 'tick':
        return this.#tick(world, action.side);
      case 'deliver':
        return this.#deliver(world, world.links[action.link]!, action.to, action.part === 'first-line');
      case 'fin':
        return this.#fin(world, world.links[action.link]!, action.to);
      case 'lose':
        return this.#lose(world, world.links[action.link]!, action.to);
      case 'vanish': {
        const link = world.links[action.link]!;
        const { bytes } = flowTo(link, action.to).chunks.shift()!;
        this.#log(`${JSON.stringify(this.#chunks.text(bytes))} vanishes on its way to the ${action.to}`);
        world.used.vanished += 1;
        return true;
      }
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
      late: false,
    });
    this.#log(`client connects: link ${number}`);
    this.#act(world, 'client', { type: 'open' });
    return true;
  }

  #restart(world: World, side: Side): boolean {
    this.#log(`${side} dies and starts again`);
    for (const link of world.links) leave(link, side);
    const process = side === 'client' ? ++world.used.clientRestarts : ++world.used.serverRestarts;
    world[side] = this.#ends[side].start(process);
    ledgerFrom(world, side).writerDied();
    ledgerFrom(world, otherSide(side)).receiverDied();
    return true;
  }

  /**
   * The stored session continues with the next process, so the other end sees an outage. Writes that were not
   * stored are lost.
   */
  #die(world: World, side: Side, appended: boolean): boolean {
    this.#log(`${side} dies, and starts again from what is stored${appended ? ', its append too' : ''}`);
    for (const link of world.links) leave(link, side);
    const process = side === 'client' ? ++world.used.clientRestarts : ++world.used.serverRestarts;
    this.#act(world, side, { type: 'die', appended, process });
    ledgerFrom(world, side).lines.length = this.#ends[side].writes(world[side]);
    return true;
  }

  /** Another process replaces the client, or the client comes back. */
  #change(world: World, what: 'visit' | 'return'): boolean {
    world.visiting = what === 'visit';
    if (world.visiting) world.used.visits += 1;
    this.#log(world.visiting ? 'another process has the id of the client' : 'the client is back');
    const link = world.links.find((it) => it.client);
    if (link !== undefined) {
      this.#act(world, 'client', { type: 'linkClosed', how: 'closed' });
      leave(link, 'client');
    }
    const next = world.away ?? this.#ends.client.start(VISITOR);
    world.away = world.client;
    world.client = next;
    return true;
  }

  #restore(world: World): boolean {
    const { client, statuses } = world.backup!;
    this.#log('the client is again as it was');
    world.used.restores += 1;
    world.backup = undefined;
    for (const link of world.links) {
      leave(link, 'client');
      link.up.chunks = [];
    }
    world.client = client;
    world.linesUp.writerRestored(statuses);
    return true;
  }

  #tick(world: World, side: Side): boolean {
    const ms = this.choices.dueInAt(world, side);
    if (ms > 0) this.#passTime(world, ms);
    this.#log(`${ms} ms later, ${side} ticks`);
    this.#act(world, side, { type: 'tick' });
    this.#mustNotStayDue(side, world[side]);
    return false;
  }

  #passTime(world: World, ms: number): void {
    const late = this.choices.lateLink(world);
    if (late === undefined) world.used.quietMs += ms;
    else {
      if (!late.late) world.used.late += 1;
      late.late = true;
    }
    for (const side of SIDES) world[side] = this.#ends[side].later(world[side], ms);
    if (this.#setting.bound.delay > 0) for (const link of world.links) grow(link, ms);
  }

  /**
   * The first tick may leave its deadline due, so that waiting bytes are read first. Later ticks must not.
   */
  #mustNotStayDue(side: Side, end: number): void {
    const ends = this.#ends[side];
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

  /**
   * Handles bytes of a hello. Once the hello is complete, the newest link becomes the link of the server's
   * session.
   */
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
    if (!link.late) world.used.cuts += 1;
  }

  /** Performs an operation on the session of an end, and does the owner's work with the outcome. */
  #act(world: World, side: Side, operation: Operation): Outcome {
    const ends = this.#ends[side];
    const outcome = ends.do(world[side], operation);
    world[side] = outcome.next;
    checkOutcome(this.#setting, world, outcome);
    for (const event of outcome.events) this.#log(`  ${side}: ${event}`);
    for (const { text, redelivered } of outcome.lines) {
      this.#log(`  ${side} delivers "${text}"${redelivered ? ' again' : ''}`);
      const ledger = ledgerFrom(world, otherSide(side));
      if (!redelivered || !ledger.hasDelivered(text)) ledger.deliver(text, this.#rules[otherSide(side)]);
    }
    for (const ticket of outcome.settled) {
      this.#log(`  ${side}: write ${ticket} is resolved`);
      const ledger = ledgerFrom(world, side);
      // The previous process may have died before it had stored the ack.
      if (this.#hasDied(world, side) && ledger.isSettled(ticket)) continue;
      ledger.settle(ticket, this.#rules[side]);
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

  /** Whether a process of this end has died and its session has continued. */
  #hasDied({ used }: World, side: Side): boolean {
    const deaths = side === 'client' ? used.clientRestarts : used.serverRestarts;
    return isStored(this.#setting.bound, side) && deaths > 0;
  }

  /** Whether the outcome is more than that of a keepalive. */
  #isProgress({ lines, settled, sent, events }: Outcome): boolean {
    return (
      lines.length + settled.length > 0 ||
      events.some((event) => event !== 'keepalive') ||
      sent.some((bytes) => !this.#setting.protocol.keepalive.test(this.#chunks.text(bytes)))
    );
  }
}

function grow(link: Link, ms: number): void {
  for (const side of SIDES) {
    const flow = flowTo(link, side);
    flow.chunks = flow.chunks.map(({ bytes, age }) => ({ bytes, age: age + ms }));
  }
}
