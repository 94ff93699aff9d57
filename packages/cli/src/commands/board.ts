/** `iot board`: a simulated board, or a fleet of them. */
import {
  addClientOptions,
  durationOption,
  numberOption,
  openFleetTls,
  type ClientSettings,
} from '@iot/app-kit';
import { Fleet, type FleetCounts } from '../board/fleet.js';
import { linesOf } from '../board/readings.js';
import { table, View } from '../board/view.js';
import type { DefineCommand, Context } from '../context.js';
import { CommandError } from '../exit-codes.js';

interface BoardOptions extends ClientSettings {
  readonly count: number;
  readonly id: string;
  readonly every: number;
  readonly version?: 1 | 2;
  readonly for?: number;
  readonly lines?: number;
  readonly script?: string;
  readonly echo?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

/** How long the end of a run waits for missing acks. Shorter after Ctrl-C, because the user waits. */
const GRACE_MS = 10_000;
const GRACE_AFTER_STOP_MS = 2000;

/** With more boards than this, events of single boards are counted and not printed. */
const FEW = 5;

export const board: DefineCommand = (command, context) => {
  addClientOptions(
    command
      .addOption(numberOption('--count <number>', 'number of boards', 1, 10_000).default(1))
      .option('--id <id>', 'id of the board; with several boards, prefix of their ids: board-1', 'board')
      .addOption(
        durationOption('--every <time>', 'mean pause between two lines of a board').default(5000, '5s'),
      )
      .addOption(
        numberOption(
          '--version <1|2>',
          'version of the protocol (default: 2, if the server supports it)',
          1,
          2,
        ),
      )
      .addOption(durationOption('--for <time>', 'how long to run (default: until Ctrl-C)'))
      .addOption(
        numberOption(
          '--lines <number>',
          'end when each board has sent this number of lines',
          1,
          1_000_000_000,
        ),
      )
      .option('--script <file>', 'send the lines of this file repeatedly, instead of readings')
      .option('--echo', 'send back each line that arrives')
      .addOption(
        numberOption(
          '--seed <number>',
          'seed of readings and pauses; the same seed gives the same readings',
          0,
          2 ** 32 - 1,
        ).default(1),
      )
      .option('--json', 'print only the counts at the end, as JSON'),
  ).action((options: BoardOptions) => simulate(options, context));
};

async function simulate(options: BoardOptions, { stop, print }: Context): Promise<void> {
  const { host, port, timeout, version: protocol, count, id } = options;
  const tls = await openFleetTls(options);
  const view = new View(process.stderr, count <= FEW);
  const fleet = new Fleet({
    ids: count === 1 ? [id] : Array.from({ length: count }, (_, index) => `${id}-${index + 1}`),
    every: options.every,
    lines: options.lines,
    seed: options.seed,
    script: options.script === undefined ? undefined : await linesOf(options.script),
    echo: options.echo ?? false,
    connection: (id) => ({ host, port, timeout, protocol, tls: tls(id) }),
    watcher: view,
  });
  const over = new AbortController();
  const end = () => over.abort();
  const timer = options.for === undefined ? undefined : setTimeout(end, options.for);
  // Not AbortSignal.any with AbortSignal.timeout: Node 20 may collect these as garbage, and then they never
  // abort.
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  view.watch(fleet);
  let counts: FleetCounts;
  try {
    await fleet.run(over.signal);
  } finally {
    clearTimeout(timer);
    const graceMs = stop.aborted ? GRACE_AFTER_STOP_MS : GRACE_MS;
    counts = await fleet.end(fleet.counts.everUp === 0 ? 0 : graceMs);
    view.end();
  }
  if (options.json === true) print(JSON.stringify(counts));
  else table(counts).forEach((row) => print(row));
  if (!stop.aborted) requireAll(counts, `${host}, port ${port}`);
}

function requireAll({ written, acked, everUp, boards }: FleetCounts, server: string): void {
  if (everUp === 0)
    throw new CommandError(3, `no board has reached the server (${server}): run iot doctor to find out why`);
  if (acked < written) throw new CommandError(1, `${written - acked} of ${written} lines were not acked`);
  if (everUp < boards)
    throw new CommandError(1, `${boards - everUp} of ${boards} boards have not reached the server`);
}
