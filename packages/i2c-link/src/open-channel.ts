import type { Clock } from '@iot/connection';
import { SLAVE_ADDRESS } from './channel.js';
import { ChannelDriver, type Side } from './channel-driver.js';
import { ChannelTransport } from './channel-transport.js';
import type { ChannelMachine } from './exchange.js';
import { Initiator } from './initiator.js';
import type { I2cMaster, I2cSlave, Pin, ResetLine } from './ports.js';
import { Responder } from './responder.js';

interface EndOptions {
  /** Driven by the initiator. */
  readonly syn: Pin;
  /** Driven by the responder. */
  readonly ack: Pin;
  /**
   * The responder's reset input. An initiator pulses it first, and so restarts a responder that hangs. A responder
   * listens to it: while it is active the unit waits with its wire high, and a channel that is open ends.
   */
  readonly reset?: ResetLine | undefined;
  readonly clock: Clock;
  /** Aborting gives up synchronising, leaves the own wire high and rejects with `signal.reason`; no effect afterwards. */
  readonly signal?: AbortSignal | undefined;
}

/** The unit that runs the application. */
export interface InitiatorOptions extends EndOptions {
  readonly role: 'initiator';
  readonly slave: I2cSlave;
  /** From the end of one exchange to the start of the next. Default 100 ms, the original's. */
  readonly exchangeIntervalMs?: number | undefined;
}

/** The unit that has the network. */
export interface ResponderOptions extends EndOptions {
  readonly role: 'responder';
  readonly master: I2cMaster;
}

export type ChannelOptions = InitiatorOptions | ResponderOptions;

/** Long enough for the reset input of any board; the original's. */
const RESET_PULSE_MS = 200;
const EXCHANGE_INTERVAL_MS = 100;

/**
 * Opens a channel to the other unit: resolves once both are synchronised, for which it waits without limit.
 *
 * One call is one life of the channel: when it has ended, the next call synchronises anew, with nothing queued.
 *
 * @throws LinkError `ERR_LINK_LOST` when a wire or the bus cannot be used.
 */
export async function openChannel(options: ChannelOptions): Promise<ChannelTransport> {
  const side = sideOf(options);
  for (;;) {
    options.signal?.throwIfAborted();
    if (side.resetInput !== undefined) await whileReset(side.resetInput, options.signal);
    const channel = await synchronise(options, side);
    if (channel !== undefined) return channel;
  }
}

/** Resolves with undefined when this unit is reset meanwhile. */
function synchronise(options: ChannelOptions, side: Side): Promise<ChannelTransport | undefined> {
  return untilAborted(options.signal, (resolve, reject) => {
    const driver = new ChannelDriver(machineOf(options), side, options.clock, {
      event: (event) => {
        if (event.type === 'synchronised') resolve(new ChannelTransport(driver, remoteOf(options)));
        else if (event.type === 'failed' && event.reason === 'reset') resolve(undefined);
        else if (event.type === 'failed') reject(event.error);
      },
      settled: () => undefined,
    });
    driver.start();
    return () => driver.stop();
  });
}

/** Resolves once the initiator does not hold this unit in reset. */
function whileReset({ pin, activeLevel = 0 }: ResetLine, signal?: AbortSignal): Promise<void> {
  return untilAborted(signal, (resolve) => {
    const unlisten = pin.onEdge((level) => {
      if (level === activeLevel) return;
      unlisten();
      resolve();
    });
    if (pin.read() !== activeLevel) {
      unlisten();
      resolve();
    }
    return unlisten;
  });
}

type Settle<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void;

/** A promise that the signal may reject; `begin` returns what is to be undone then. */
function untilAborted<T>(signal: AbortSignal | undefined, begin: Settle<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const settle =
      <Value>(how: (value: Value) => void) =>
      (value: Value) => {
        signal?.removeEventListener('abort', abort);
        how(value);
      };
    const abort = () => {
      undo();
      reject(signal!.reason as Error);
    };
    signal?.addEventListener('abort', abort);
    const undo = begin(settle(resolve), settle(reject));
  });
}

function machineOf(options: ChannelOptions): ChannelMachine {
  if (options.role === 'responder') return new Responder();
  const { reset, exchangeIntervalMs = EXCHANGE_INTERVAL_MS } = options;
  const resetPulseMs = reset === undefined ? undefined : (reset.pulseMs ?? RESET_PULSE_MS);
  return new Initiator({ resetPulseMs, exchangeIntervalMs });
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
    // A master's transfer is short and cannot be called back.
    send: (bytes) => master.write(SLAVE_ADDRESS, bytes),
    receive: (length) => master.read(SLAVE_ADDRESS, length),
  };
}

function remoteOf({ role }: ChannelOptions): string {
  return role === 'initiator' ? 'i2c:responder' : 'i2c:initiator';
}
