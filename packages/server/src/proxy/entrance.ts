/**
 * The first step of an accepted socket. If it comes from a load balancer in `proxyProtocol`, the PROXY header is read, which
 * contains the address of the client. The bytes after the header, such as a TLS handshake, are left in the socket. Then the
 * limits for the client's address are applied: the socket is refused if too many sockets of this address are open
 * (`maxConnectionsPerAddress`), or too many attempts of it have failed (`maxFailuresPerAddress`).
 */
import { BlockList, isIP, type Socket } from 'node:net';
import type { Clock } from '@iot/connection';
import { UsageError } from '@iot/framing';
import { deadline } from '../deadline.js';
import type { Failures } from '../failures.js';
import type { Arrival, Refusal, RefusalReason } from '../handshake.js';
import { readProxyHeader } from './header.js';

/** @throws UsageError `ERR_BAD_OPTION`. */
export function proxyList(addresses: Iterable<string>): BlockList {
  const list = new BlockList();
  for (const each of addresses) {
    const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(each) ?? [];
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    if (version === 0 || Number(prefix ?? 0) > most) {
      throw new UsageError(
        'ERR_BAD_OPTION',
        `proxyProtocol must be a list of addresses, such as '10.0.0.5' or '10.0.0.0/8', not ${JSON.stringify(each)}`,
      );
    }
    list.addSubnet(address, Number(prefix ?? most), version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function isListed(address: string, list: BlockList): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

interface EntranceOptions {
  /** The addresses of load balancers, which send headers; undefined: none. */
  readonly proxies: BlockList | undefined;
  /** Most open sockets of one address; undefined: no limit. */
  readonly maxPerAddress: number | undefined;
  /** The failed attempts of each address; undefined: no limit. */
  readonly failures: Failures | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly refused: (refusal: Refusal) => void;
}

export class Entrance {
  readonly #options: EntranceOptions;
  /** Sockets whose header has not arrived yet. */
  readonly #waiting = new Set<Socket>();
  /** Number of open sockets, by address. Sockets that wait for a header are not counted. */
  readonly #open = new Map<string, number>();

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /**
   * Takes an accepted socket. It reads the header if the socket comes from a load balancer, and applies the limits.
   *
   * @param enter called if the socket is not refused, with the address of the client; without a header it is called at once
   */
  take(socket: Socket, arrival: Arrival, enter: (arrival: Arrival) => void): void {
    const { address } = arrival;
    if (this.#options.proxies === undefined) this.#enter(socket, arrival, enter);
    // The socket was already reset, as some health checks do. Its address is no longer known, so it cannot be checked.
    else if (address === undefined) socket.destroy();
    else if (isListed(address, this.#options.proxies)) this.#readHeader(socket, arrival, enter);
    else this.#enter(socket, arrival, enter);
  }

  /** Destroys the sockets whose header has not arrived yet. */
  abandon(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #enter(socket: Socket, arrival: Arrival, enter: (arrival: Arrival) => void): void {
    const { maxPerAddress, failures, clock, refused } = this.#options;
    const { address } = arrival;
    if (address === undefined) return enter(arrival);
    const refuse = (reason: RefusalReason, detail: string) => {
      socket.on('error', () => undefined).destroy();
      refused({ reason, id: undefined, address, detail });
    };
    const ms = failures?.refusedForMs(address, clock.now()) ?? 0;
    if (ms > 0)
      return refuse('too-many-failures', `newcomers from this address are refused for ${Math.ceil(ms)} ms`);
    if (maxPerAddress === undefined) return enter(arrival);
    const open = this.#open.get(address) ?? 0;
    if (open >= maxPerAddress)
      return refuse('too-many-connections', `${open} sockets of this address are open already`);
    this.#open.set(address, open + 1);
    socket.on('close', () => {
      const left = this.#open.get(address)! - 1;
      if (left === 0) this.#open.delete(address);
      else this.#open.set(address, left);
    });
    enter(arrival);
  }

  #readHeader(socket: Socket, arrival: Arrival, enter: (arrival: Arrival) => void): void {
    const { clock, timeoutMs, refused } = this.#options;
    let bytes = Buffer.alloc(0);
    const leave = () => {
      cancel();
      socket.off('data', read).off('end', giveUp).off('close', giveUp);
      this.#waiting.delete(socket);
    };
    const giveUp = () => {
      leave();
      socket.destroy();
    };
    const refuse = (why: string) => {
      giveUp();
      const detail = `no PROXY header from a listed address: ${why}`;
      refused({ reason: 'proxy', id: undefined, address: arrival.address, detail });
    };
    const read = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header.type === 'more') return;
      if (header.type === 'invalid') return refuse(header.why);
      leave();
      // Paused first: in a socket that is flowing, the bytes put back by `unshift` would not reach a TLS handshake.
      socket.pause();
      socket.unshift(bytes.subarray(header.length));
      this.#enter(socket, { ...arrival, address: header.address ?? arrival.address }, enter);
    };
    const cancel = deadline(clock, arrival.at + timeoutMs, () =>
      refuse(`it did not arrive within ${timeoutMs} ms`),
    );
    this.#waiting.add(socket);
    socket.on('data', read).on('end', giveUp).on('close', giveUp);
    // A failure needs no handling here, because 'close' follows it.
    socket.on('error', () => undefined);
  }
}
