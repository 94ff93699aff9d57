/**
 * Runs the channel from a board to its responder in a loop: it opens a channel, which resets the responder, lets the
 * `BoardSession` use the channel until it ends, and opens the next one. The loop ends when it is stopped.
 *
 * A responder that cannot reach WiFi or the server stops by itself. Then the supervisor calls the application's hook
 * `badWifi` or `badServer`, and resets the responder only if the hook resolves.
 */
import { Pump } from '@iot/connection';
import { reportUncaught } from '@iot/connection/internal';
import { LinkError } from '@iot/framing';
import type { SessionEvent } from '@iot/qos';
import { BoardSession, type BoardEvent, type BoardSessionSettings } from './session.js';
import type { ChannelTransport } from '../channel/transport.js';
import type { Report } from '../messages/conversation.js';
import { openChannel, type InitiatorOptions } from '../channel/open.js';
import { pause, PORT_FAILURE_PAUSE_MS, untilAborted } from '../channel/waiting.js';

/** How a channel ended: it broke, the responder stopped or sent no more keepalives, or this end left. */
type ChannelEnd = 'broken' | 'silent' | 'no-wifi' | 'no-server' | 'left';

/** Decides about a failure: resolve to reset the responder and try again, reject to close the board. */
export type FailureHook = (
  error: LinkError,
  context: { readonly attempt: number; readonly signal: AbortSignal },
) => void | Promise<void>;

export interface SupervisorSettings extends Omit<InitiatorOptions, 'role' | 'signal'>, BoardSessionSettings {
  readonly host: string;
  readonly port: number;
  readonly ssid: string;
  readonly badWifi: FailureHook;
  readonly badServer: FailureHook;
  readonly report: ((report: Report) => void) | undefined;
}

export class Supervisor {
  readonly #settings: SupervisorSettings;
  readonly pump: Pump<BoardEvent, BoardSession>;
  readonly #stop = new AbortController();
  /** Aborting ends the synchronisation that is in progress, for `reboot` and `stop`. */
  #round = new AbortController();
  #attempts = { 'no-wifi': 0, 'no-server': 0 };
  /** How the open channel will have ended, or the last one has ended. */
  #end: ChannelEnd = 'broken';
  #failure: unknown;

  constructor(settings: SupervisorSettings) {
    this.#settings = settings;
    this.pump = new Pump<BoardEvent, BoardSession>(new BoardSession(settings), settings.clock, (event) =>
      this.#sift(event),
    );
  }

  get canReset(): boolean {
    return this.#settings.reset !== undefined;
  }

  /** Runs until `stop` is called. Never rejects: it calls `failed` when it has to give up. */
  async run(failed: (error: unknown) => void): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (;;) {
        const end = await this.#converse();
        signal.throwIfAborted();
        if (end === 'no-wifi' || end === 'no-server') await this.#stopped(end);
        if (!this.canReset) throw this.#noReset(end);
      }
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
  }

  /** Resets the responder now: the open channel, or the synchronisation in progress, ends. */
  reboot(): void {
    this.#round.abort();
    this.#leave('left');
  }

  stop(): void {
    this.#stop.abort();
    this.#round.abort();
  }

  /** One channel, from its synchronisation to its end. */
  async #converse(): Promise<ChannelEnd> {
    const round = new AbortController();
    this.#round = round;
    if (this.#stop.signal.aborted) return 'left';
    let channel: ChannelTransport;
    try {
      channel = await openChannel({ ...this.#settings, role: 'initiator', signal: round.signal });
    } catch (error) {
      if (round.signal.aborted) return 'left';
      this.#failure = error;
      await pause(this.#settings.clock, PORT_FAILURE_PAUSE_MS, this.#stop.signal);
      return 'broken';
    }
    this.#end = 'broken';
    this.pump.attach(channel);
    await this.pump.linkEnd();
    this.#failure = channel.failure;
    // The hardware may need some time to abort the transfer in flight. Only one may be in flight at a time.
    await channel.close();
    return this.#end;
  }

  #sift(event: BoardEvent): SessionEvent | undefined {
    const { report } = this.#settings;
    switch (event.type) {
      case 'report':
        if (report !== undefined) reportUncaught(() => report(event.report));
        return undefined;
      case 'stopped':
        return this.#leave(event.why);
      case 'silent':
        return this.#leave('silent');
      case 'up':
        this.#attempts = { 'no-wifi': 0, 'no-server': 0 };
        return event;
      default:
        return event;
    }
  }

  #leave(end: ChannelEnd): undefined {
    this.#end = end;
    this.pump.detach();
  }

  /** Calls the hook and waits for it, but only until `stop`: the hook may sleep, or may itself close the board. */
  async #stopped(why: 'no-wifi' | 'no-server'): Promise<void> {
    const { badWifi, badServer, host, port, ssid } = this.#settings;
    const context = { attempt: ++this.#attempts[why], signal: this.#stop.signal };
    const network = ssid === '' ? 'a network that it knows' : `the network ${JSON.stringify(ssid)}`;
    const asked = async () => {
      if (why === 'no-wifi') {
        const what = `the responder cannot connect to ${network}: is the network in reach, and is the password right?`;
        await badWifi(new LinkError('ERR_NETWORK', what), context);
      } else {
        const what = `the responder cannot connect to ${host}:${port}: is the server running, and is the address right?`;
        await badServer(new LinkError('ERR_CONNECT', what), context);
      }
    };
    await untilAborted(asked(), this.#stop.signal);
  }

  #noReset(end: ChannelEnd): LinkError {
    const what = {
      broken: 'the channel to the responder broke',
      left: 'the channel to the responder was ended',
      silent: 'the responder has stopped sending keepalives',
      'no-wifi': 'the responder has stopped',
      'no-server': 'the responder has stopped',
    }[end];
    return new LinkError(
      'ERR_LINK_LOST',
      `${what}, and there is no wire to reset the responder: reset it by hand and open the board again`,
      { cause: this.#failure },
    );
  }
}
