/**
 * A newcomer whose id has a link that is up (PROTOCOL.md section 5): either the client has come back before its dead
 * socket was noticed, or two boards have one id.
 *
 * Theory of operation: a keepalive goes out on the old link, and three quarters of a timeout later it is clear. An end
 * of the old link hands over at once; an old link that was silent is dead; one from which bytes came is alive. It is
 * not decided before, since a dying socket's last bytes can arrive late. A newcomer that comes meanwhile takes the
 * place of the one before, and the time of the decision stays: a client that tries again and again is not locked out.
 *
 * A newcomer that offers version 2 is asked who it is (PROTOCOL-2.md section 4): when it is the same run of the same process
 * whose link this is, its old socket is dead, and it is handed over at once.
 */
import type { Clock, Pump } from '@iot/connection';
import type { Newcomer } from './handshake.js';
import { Identification } from './identification.js';

/** The decision falls after this share of the timeout: older clients send a keepalive every half of it. */
const DECISION_SHARE = 0.75;

export interface TakeoverOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Drives the old link. */
  readonly pump: Pump;
  readonly newcomer: Newcomer;
  /** Whether the socket of this newcomer was accepted after that of the old link. */
  readonly isLater: (newcomer: Newcomer) => boolean;
  /** Called once; `handOver` is false when the old link is alive. */
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
      // One further turn: what came while this process was busy still counts.
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

  /** Of two newcomers with the same id the one whose socket was accepted later waits; `authorize` may admit it first. */
  replace(newcomer: Newcomer): void {
    if (newcomer.accepted < this.#newcomer.accepted) return void newcomer.socket.destroy();
    this.#newcomer.socket.destroy();
    this.#newcomer = newcomer;
    this.#identify();
  }

  /** Gives up; what becomes of the newcomer returned is the caller's affair. */
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
