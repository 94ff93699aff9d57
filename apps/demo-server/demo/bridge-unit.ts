/**
 * The unit beside the board: a bridge on the bus, which can crash.
 *
 * Theory of operation: here the bridge is no process that could be killed, so a crash is made of what the others see of
 * one. On the bus its wires float and its transfer vanishes. On the network nothing comes from it any more, not even an
 * end of its connection, and nothing reaches it: a socket of a unit without power. The next bridge is a new one,
 * which knows nothing of the board, of the server and of the lines that the last one had.
 */
import { connect, type Connection, type TlsConnectOptions } from '@iot/client';
import type { FaultProxy } from '@iot/fault-proxy';
import { openBridge, type Bridge } from '@iot/i2c-link/bridge';
import type { MemoryBus } from '@iot/i2c-link/testing';

export class BridgeUnit implements AsyncDisposable {
  readonly #bus: MemoryBus;
  readonly #proxy: FaultProxy;
  readonly #tls: TlsConnectOptions | undefined;
  #bridge: Bridge;
  #client: Connection | undefined;

  /** @param proxy what the bridge connects to the server through; it has no other clients */
  constructor(bus: MemoryBus, proxy: FaultProxy, tls: TlsConnectOptions | undefined) {
    this.#bus = bus;
    this.#proxy = proxy;
    this.#tls = tls;
    this.#bridge = this.#boot();
  }

  /** The bridge is gone, in the middle of what it does, and another one starts at once. */
  crash(): void {
    this.#bus.crash('responder');
    for (const link of this.#proxy.links) link.stall('both');
    // It is not reported. It ends timers and sockets, which in a process of its own would be gone; a transfer on the
    // bus never ends, so that there is nothing to wait for.
    void this.#client?.close();
    void this.#bridge.close();
    this.#bridge = this.#boot();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bridge.close();
  }

  #boot(): Bridge {
    const { master, syn, ack, reset } = this.#bus.responder;
    this.#client = undefined;
    return openBridge({
      master,
      syn,
      ack,
      reset: { pin: reset },
      connect: (options) => (this.#client = connect({ ...options, tls: this.#tls })),
    });
  }
}
