/**
 * `openChannel` synchronises this unit with the other unit and returns the channel as a `Transport`. Synchronised means:
 * both units have lowered their wires and are ready for exchanges.
 */
import type { Clock } from '@iot/connection';
import { LinkError } from '@iot/framing';
import { SLAVE_ADDRESS } from './payloads.js';
import { ChannelDriver, type Side } from './driver.js';
import { ChannelTransport } from './transport.js';
import { ChannelMachine } from './machine.js';
import type { Role } from './role.js';
import { initiator } from './initiator.js';
import type { I2cMaster, I2cSlave, Pin, ResetLine } from './ports.js';
import { responder } from './responder.js';
import { untilLevel } from './waiting.js';

/** The options of both roles. */
export interface EndOptions {
  /** Driven by the initiator. */
  readonly syn: Pin;
  /** Driven by the responder. */
  readonly ack: Pin;
  /**
   * The line to the responder's reset input. An initiator sends a pulse on it before it synchronises. This restarts a
   * responder that hangs. A responder listens to this line: when it becomes active, an open channel ends, and while it
   * is active the responder does not synchronise.
   */
  readonly reset?: ResetLine | undefined;
  readonly clock: Clock;
  /**
   * Aborting ends the wait for the synchronisation: `openChannel` rejects with `signal.reason` and the own wire is high.
   * No effect once the channel is open.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of the initiator, the unit that runs the application. */
export interface InitiatorOptions extends EndOptions {
  readonly role: 'initiator';
  readonly slave: I2cSlave;
  /** From the end of one exchange to the start of the next. Default 100 ms, as in the MicroPython original. */
  readonly exchangeIntervalMs?: number | undefined;
}

/** Options of the responder, the unit that has the network. */
export interface ResponderOptions extends EndOptions {
  readonly role: 'responder';
  readonly master: I2cMaster;
}

export type ChannelOptions = InitiatorOptions | ResponderOptions;

/** Long enough for the reset input of any board. The MicroPython original uses the same length. */
const RESET_PULSE_MS = 200;
const EXCHANGE_INTERVAL_MS = 100;

/**
 * Opens a channel to the other unit. Resolves once both units are synchronised, and waits for that without limit.
 *
 * Each call opens one channel. When the channel has ended, call `openChannel` again to synchronise again. The new channel
 * starts with an empty queue.
 *
 * @throws LinkError `ERR_LINK_LOST` when a wire or the bus cannot be used.
 */
export async function openChannel(options: ChannelOptions): Promise<ChannelTransport> {
  const side = sideOf(options);
  const { signal = new AbortController().signal } = options;
  for (;;) {
    signal.throwIfAborted();
    if (side.resetInput !== undefined) await whileReset(side.resetInput, signal);
    const channel = await synchronise(options, side, signal);
    if (channel !== undefined) return channel;
  }
}

/** Resolves once the reset line is inactive. */
async function whileReset({ pin, activeLevel = 0 }: ResetLine, signal: AbortSignal): Promise<void> {
  try {
    await untilLevel(pin, activeLevel === 0 ? 1 : 0, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new LinkError('ERR_LINK_LOST', 'the reset wire cannot be read: look at its wiring', { cause });
  }
}

/** Resolves with the synchronised channel, or with undefined when the initiator resets this unit before that. */
function synchronise(
  options: ChannelOptions,
  side: Side,
  signal: AbortSignal,
): Promise<ChannelTransport | undefined> {
  const remote = options.role === 'initiator' ? 'i2c:responder' : 'i2c:initiator';
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const driver = new ChannelDriver(new ChannelMachine(roleOf(options)), side, options.clock, {
      event: (event) => {
        // Lowering the own wire may have failed at once. Then the event `failed` follows, and there is no channel.
        if (driver.machine.over && event.type === 'synchronised') return;
        signal.removeEventListener('abort', abort);
        if (event.type === 'synchronised') resolve(new ChannelTransport(driver, remote));
        else if (event.type === 'failed' && event.reason === 'reset') resolve(undefined);
        else if (event.type === 'failed') reject(event.error);
      },
      settled: () => undefined,
    });
    const abort = () => {
      driver.stop();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort);
    driver.start();
  });
}

function roleOf(options: ChannelOptions): Role {
  if (options.role === 'responder') return responder();
  const { reset, exchangeIntervalMs = EXCHANGE_INTERVAL_MS } = options;
  const resetPulseMs = reset === undefined ? undefined : (reset.pulseMs ?? RESET_PULSE_MS);
  return initiator({ resetPulseMs, exchangeIntervalMs });
}

function sideOf(options: ChannelOptions): Side {
  const { syn, ack, reset } = options;
  if (options.role === 'initiator') {
    const { slave } = options;
    return {
      own: syn,
      remote: ack,
      resetOutput: reset,
      resetInput: undefined,
      send: (bytes, signal) => slave.send(bytes, signal),
      receive: (length, signal) => slave.receive(length, signal),
    };
  }
  const { master } = options;
  return {
    own: ack,
    remote: syn,
    resetOutput: undefined,
    resetInput: reset,
    // A transfer of the master is short and cannot be aborted.
    send: (bytes) => master.write(SLAVE_ADDRESS, bytes),
    receive: (length) => master.read(SLAVE_ADDRESS, length),
  };
}
