import { Session, type SessionOptions } from '../../src/index.js';

type Call = (session: Session) => unknown;

/** A session that can be restored from a backup: it is pure, so the same calls make the same one again. */
export class RecordedSession {
  readonly session: Session;
  readonly #options: SessionOptions;
  readonly #calls: Call[];
  readonly #epochs: string[];

  constructor(options: SessionOptions, calls: readonly Call[] = [], epochs: readonly string[] = []) {
    this.#options = options;
    this.#calls = [...calls];
    this.#epochs = [...epochs];
    let drawn = 0;
    const drawEpoch = () => {
      const epoch = this.#epochs[drawn] ?? options.drawEpoch?.() ?? '';
      this.#epochs[drawn++] = epoch;
      return epoch;
    };
    const session = new Session({ ...options, drawEpoch });
    for (const call of calls) call(session);
    this.session = new Proxy(session, { get: (_, name) => this.#use(session, name as keyof Session) });
  }

  /**
   * Makes a backup, and returns what makes a session of it: as this one is now. Undefined once this session has drawn
   * another epoch: a process that was restored and has met its peer is not restored to what was before that.
   */
  backup(): () => RecordedSession | undefined {
    const [calls, epochs] = [[...this.#calls], [...this.#epochs]];
    return () =>
      this.#epochs.length === epochs.length ? new RecordedSession(this.#options, calls, epochs) : undefined;
  }

  #use(session: Session, name: keyof Session): unknown {
    if (typeof session[name] !== 'function') return session[name];
    return (...args: unknown[]) => {
      const call: Call = (each) => (each[name] as (...args: unknown[]) => unknown).apply(each, args);
      if (name !== 'nextDeadline') this.#calls.push(call);
      return call(session);
    };
  }
}
