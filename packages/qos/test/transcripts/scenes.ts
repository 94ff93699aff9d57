/** What the tests must know of each recording that its bytes do not say. */
import { RECORDINGS } from './recording.js';

export interface Scene {
  readonly name: string;
  readonly timeout: number;
  /** The connections of each run of the client's process, and of the server's as far as it read from them. */
  readonly client: readonly (readonly number[])[];
  readonly server: readonly (readonly number[])[];
  /** The link that goes silent, so that either end has to declare an outage. */
  readonly silent?: number;
}

type Facts = Partial<Omit<Scene, 'name'>>;

const ONE_LIFE: Facts = { client: [[1, 2]], server: [[1, 2]] };

const FACTS: Readonly<Record<string, Facts>> = {
  head_idle_timeout500: { timeout: 500 },
  head_lost_ack_link_drop: ONE_LIFE,
  head_id0_twice: ONE_LIFE,
  head_outage_blackhole6s: { ...ONE_LIFE, silent: 1 },
  head_outage_reset: ONE_LIFE,
  bcec138_outage_reset: ONE_LIFE,
  head_client_queue_overflow: ONE_LIFE,
  head_client_restart: { client: [[1], [2]], server: [[1, 2]] },
  head_demo_server_restart: { client: [[1, 2]], server: [[1], [2]] },
  // Connection 2 is the second client's, turned away by the server's admission: no session sees it there.
  head_duplicate_id: { client: [[1], [2, 3]], server: [[1, 3]] },
};

export const SCENES: readonly Scene[] = RECORDINGS.map((name) => ({
  name,
  timeout: 2000,
  client: [[1]],
  server: [[1]],
  ...FACTS[name],
}));
