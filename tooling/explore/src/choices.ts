/**
 * Computes the actions that are possible in a state of the world: all actions within the bound, and the next
 * action of a healing.
 */
import { chunksTo, flowTo, isAt, ledgerFrom, otherSide, SIDES, type Action, type Side } from './actions.js';
import { isStored, type Bound } from './bound.js';
import type { Ends } from './ends.js';
import type { Interned } from './interned.js';
import { TIMEOUT_MS, type Protocol } from './protocols.js';
import type { Chunk, Link, World } from './world.js';

/** Data that is the same in all states of an exploration. */
export interface Setting {
  readonly bound: Bound;
  readonly protocol: Protocol;
  readonly ends: Readonly<Record<Side, Ends>>;
  /** The bytes of all chunks, interned. */
  readonly chunks: Interned;
}

export class Choices {
  readonly #setting: Setting;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** All possible actions within the bound. */
  enabled(world: World): Action[] {
    const { bound } = this.#setting;
    const { used, links } = world;
    const actions: Action[] = [];
    for (const side of SIDES) this.#happensTo(world, side, actions);
    const connected = links.some((link) => link.client);
    if (this.#mayConnect(world)) actions.push({ type: 'connect' });
    if (world.visiting) actions.push({ type: 'return' });
    else if (used.visits < bound.visits) actions.push({ type: 'visit' });
    const mayBackUp = used.restores < bound.restores && world.linesUp.lines.length === bound.linesUp;
    if (mayBackUp && world.backup === undefined && !connected) actions.push({ type: 'back-up' });
    if (mayBackUp && world.backup !== undefined) actions.push({ type: 'restore' });
    links.forEach((link, i) => {
      for (const to of SIDES) this.#happensAt(world, link, i, to, actions);
    });
    return actions;
  }

  /** Adds the actions of a process and the faults of a process. */
  #happensTo(world: World, side: Side, actions: Action[]): void {
    const { bound } = this.#setting;
    const { used } = world;
    const visitor = side === 'client' && world.visiting;
    const ledger = ledgerFrom(world, side);
    const lines = side === 'client' ? bound.linesUp : bound.linesDown;
    const waits = world.links.some((link) => this.#isWaiting(world, link));
    if (ledger.lines.length < lines && !visitor && !waits) actions.push({ type: 'write', side });
    if (this.mustRead(world, side)) actions.push({ type: 'read', side });
    const mayRestart =
      used.clientRestarts + used.serverRestarts < bound.restarts &&
      (bound.restartsOf === 'either' || bound.restartsOf === side);
    if (mayRestart && !visitor) this.#dies(world, side, actions);
    if (this.#appends(world, side)) actions.push({ type: 'append', side });
    if (used.giveUps < bound.giveUps && !visitor) {
      ledger.lines.forEach(({ status }, line) => {
        if (status === 'pending') actions.push({ type: 'give-up', side, line });
      });
    }
    if (this.#mayTick(world, side)) actions.push({ type: 'tick', side });
  }

  #dies(world: World, side: Side, actions: Action[]): void {
    if (!isStored(this.#setting.bound, side)) actions.push({ type: 'restart', side });
    else {
      actions.push({ type: 'die', side, appended: false });
      if (this.#appends(world, side)) actions.push({ type: 'die', side, appended: true });
    }
  }

  #appends(world: World, side: Side): boolean {
    return this.#setting.ends[side].appends(world[side]);
  }

  /** Adds the actions on a link at one end. */
  #happensAt(world: World, link: Link, place: number, to: Side, actions: Action[]): void {
    if (!isAt(link, to)) return;
    const { bound } = this.#setting;
    const flow = flowTo(link, to);
    const [chunk] = flow.chunks;
    if (chunk !== undefined) {
      if (!(this.#isWaiting(world, link) && this.#decides(chunk, to))) {
        actions.push({ type: 'deliver', link: place, to, part: 'whole' });
      }
      const bytes = this.#setting.chunks.text(chunk.bytes);
      const cut = bytes.indexOf('\n');
      const rest = bytes.slice(cut + 1);
      const split = bound.split || (this.#mayBeLate(world, link) && this.#decides(rest, to));
      if (split && cut >= 0 && cut < bytes.length - 1) {
        actions.push({ type: 'deliver', link: place, to, part: 'first-line' });
      }
      if (world.used.vanished < bound.vanish && link.server === 'open')
        actions.push({ type: 'vanish', link: place, to });
    }
    const mayBreak = link.late ? !this.#isWaiting(world, link) : world.used.cuts < bound.cuts;
    if (!link.broken && isAt(link, otherSide(to)) && !mayBreak) return;
    actions.push({ type: 'fin', link: place, to });
    if (!flow.lost && bound.silent) actions.push({ type: 'lose', link: place, to });
  }

  /** The next action of a healing, in which no further fault happens. Undefined when no action is left. */
  healing(world: World): Action | undefined {
    if (world.visiting) return { type: 'return' };
    const appends = SIDES.find((it) => this.#appends(world, it));
    if (appends !== undefined) return { type: 'append', side: appends };
    const side = SIDES.find((it) => this.mustRead(world, it));
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
    const next = SIDES.find((it) => this.dueInAt(world, it) === dueIn && dueIn < Infinity);
    return next && { type: 'tick', side: next };
  }

  mustRead(world: World, side: Side): boolean {
    return this.#setting.ends[side].hasUnread(world[side]);
  }

  dueInAt(world: World, side: Side): number {
    return this.#setting.ends[side].dueIn(world[side]);
  }

  /**
   * The link on which the client waits for the bytes that decide the version, if the bound allows them to be
   * late.
   */
  lateLink(world: World): Link | undefined {
    const link = world.links.find((it) => it.client);
    if (link === undefined || !this.#mayBeLate(world, link)) return undefined;
    const waits = this.#setting.ends.client.awaitsAnswer(world.client);
    return waits && SIDES.some((to) => this.#decides(chunksTo(link, to)[0], to)) ? link : undefined;
  }

  /** True if the negotiation is late and the client still waits for it. */
  #isWaiting(world: World, link: Link): boolean {
    return link.late && link.client && this.#setting.ends.client.awaitsAnswer(world.client);
  }

  #mayConnect({ used, links }: World): boolean {
    return used.links < this.#setting.bound.links && !links.some((link) => link.client);
  }

  #dueIn(world: World): number {
    return Math.min(this.dueInAt(world, 'client'), this.dueInAt(world, 'server'));
  }

  #mayTick(world: World, side: Side): boolean {
    const dueIn = this.#dueIn(world);
    if (this.dueInAt(world, side) !== dueIn || dueIn === Infinity) return false;
    if (dueIn === 0) return true;
    if (SIDES.some((it) => this.#appends(world, it))) return false;
    const { quiet, delay, flight } = this.#setting.bound;
    const late = this.lateLink(world);
    if (late === undefined && world.used.quietMs + dueIn > quiet * TIMEOUT_MS) return false;
    return world.links.every((link) =>
      SIDES.every((to) => {
        const chunks = chunksTo(link, to);
        if (chunks.length === 0 || (link === late && this.#decides(chunks[0], to))) return true;
        return chunks.length < flight && chunks[0]!.age + dueIn <= delay * TIMEOUT_MS;
      }),
    );
  }

  /** True if these bytes, sent to this end, decide the version of their link. */
  #decides(bytes: string | Chunk | undefined, to: Side): boolean {
    const { protocol, chunks } = this.#setting;
    const text = typeof bytes === 'object' ? chunks.text(bytes.bytes) : bytes;
    return text !== undefined && protocol.decides?.[to].test(text) === true;
  }

  #mayBeLate(world: World, link: Link): boolean {
    return link.late || world.used.late < this.#setting.bound.late;
  }
}
