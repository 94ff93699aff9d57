/**
 * Decides between a newcomer and the open link of the same id (PROTOCOL.md section 5). Either the client has connected again
 * before the server noticed that its old socket is dead, or two boards have the same id. A newcomer is an admitted socket whose
 * link has not begun yet. A handover means that the newcomer replaces the old link.
 *
 * How it works: the server sends a keepalive on the old link, and decides three quarters of a timeout later. If bytes have
 * arrived on the old link by then, it is alive, and the newcomer is refused. If none have arrived, it is dead, and the newcomer
 * replaces it. If the old link ends before, the handover happens at once. Bytes on the old link do not end the wait early,
 * because the last bytes of a dead socket may arrive late. If another newcomer arrives meanwhile, it replaces the waiting one,
 * and the time of the decision does not change. A client that connects again and again is therefore not locked out.
 *
 * A newcomer that offers version 2 is asked for its epoch, which identifies the run of its session (PROTOCOL-2.md section 4).
 * If the epoch is that of the old link, both belong to the same process. The old socket is then dead, and the handover happens
 * at once.
 */
import type { Clock, Pump } from '@iot/connection';
import type { Newcomer } from './handshake.js';
import { Identification } from './identification.js';

/** The time of the decision, as a share of the timeout. Older MicroPython clients send a keepalive every half timeout. */
const DECISION_SHARE = 0.75;

export interface TakeoverOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The pump of the old link. */
  readonly pump: Pump;
  readonly newcomer: Newcomer;
  /** True when the socket of this newcomer was accepted after the socket of the old link. */
  readonly isLater: (newcomer: Newcomer) => boolean;
  /** Called once. `handOver` is false when the old link is alive. */
  readonly decided: (handOver: boolean, newcomer: Newcomer) => void;
}

export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #over = new AbortController();
  #newcomer: Newcomer;
  #identification: Identification | undefined;
  #cancelTimer: () => void;

  constructor(options: TakeoverOptions) {
    const { clock, timeoutMs, pump, newcomer } = options;
    this.#options = options;
    this.#newcomer = newcomer;
    const askedAt = clock.now();
    this.#cancelTimer = clock.at(askedAt + DECISION_SHARE * timeoutMs, () => {
      // After one further turn of the event loop, so that bytes that arrived while this process was busy count.
      this.#cancelTimer = clock.nextTurn(() => {
        this.#decide((pump.session.lastHeardAt ?? askedAt) <= askedAt);
      });
    });
    pump.linkEnd(this.#over.signal).then(
      () => {
        this.#decide(true);
      },
      () => undefined,
    );
    pump.probe();
    this.#identify();
  }

  /**
   * Called with another newcomer of this id. The one whose socket was accepted later waits, and the other socket is destroyed.
   * Newcomers may come in another order than their sockets, because `authorize` may take longer for one of them.
   */
  replace(newcomer: Newcomer): void {
    if (newcomer.accepted < this.#newcomer.accepted) return void newcomer.socket.destroy();
    this.#newcomer.socket.destroy();
    this.#newcomer = newcomer;
    this.#identify();
  }

  /** Ends without a decision. Returns the waiting newcomer, whose socket the caller must use or destroy. */
  abandon(): Newcomer {
    this.#stop();
    this.#identification?.finish();
    return this.#newcomer;
  }

  #identify(): void {
    const { pump, isLater } = this.#options;
    const { session } = pump;
    const asks = this.#newcomer.offers && session.protocol === 2 && isLater(this.#newcomer);
    const question = asks ? session.introduction() : undefined;
    this.#identification =
      question &&
      new Identification(this.#newcomer, question, (epoch) => {
        if (epoch === session.peerEpoch) this.#decide(true);
      });
  }

  #decide(handOver: boolean): void {
    if (this.#over.signal.aborted) return;
    this.#stop();
    const rest = this.#identification?.finish() ?? this.#newcomer.rest;
    this.#options.decided(handOver, { ...this.#newcomer, rest });
  }

  #stop(): void {
    this.#over.abort();
    this.#cancelTimer();
  }
}
