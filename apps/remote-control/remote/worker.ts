/**
 * A process of `remote` or `latency`: the server, tx or rx, or one of the three that pass a raw line on: a sender, a
 * relay and a receiver, with nothing but TCP and the newline between them, which are the floor under a press.
 */
import { once } from 'node:events';
import * as net from 'node:net';
import { listenOn, PrintingLog, stopped, tryAgain, work } from '@iot/app-kit';
import { connect } from '@iot/client';
import { listen } from '@iot/server';
import { Toggle } from '../src/button.js';
import { printedLed, type Led } from '../src/led.js';
import { showOn } from '../src/rx-app.js';
import { IDS, passOn } from '../src/server-app.js';
import { sendState } from '../src/tx-app.js';

export interface Role {
  readonly part: 'server' | 'tx' | 'rx' | 'raw relay' | 'raw sender' | 'raw receiver';
  /** Where the server or the relay listens; 0 is any. */
  readonly port: number;
  readonly timeout: number;
  readonly quiet: boolean;
  /** Presses by itself, each time after this many ms. */
  readonly every?: number;
}

/** `press` the button; `when` was it pressed last. */
export type Order = 'press' | 'when';

/** Times are nanoseconds on the monotonic clock, which all processes of a machine share. */
export type News =
  | { readonly type: 'listening'; readonly port: number }
  /** The button was pressed. */
  | { readonly type: 'pressed'; readonly at: bigint }
  /** The LED has been switched. */
  | { readonly type: 'led'; readonly on: boolean; readonly at: bigint };

const HOST = '127.0.0.1';
/** As long as a state is on the wire, with its id. */
const LINE = '0a[1,1234,3141592653]';
/** What the receiver says first, since the relay sends to it alone. */
const HELLO = 'receiver';

const clock = (): bigint => process.hrtime.bigint();

await work<Role, Order, News>(async ({ role, stop, tell, onOrder }) => {
  const { part, port, timeout, quiet, every } = role;
  const log = (name?: string) => new PrintingLog('state', { quiet, stop, ...(name && { name }) });

  /** Presses on request, and reports when that was. */
  const pressing = (press: () => void): void => {
    let at = 0n;
    onOrder((order) => {
      if (order === 'when') return tell({ type: 'pressed', at });
      at = clock();
      press();
    });
  };
  const link = () => connect({ id: part, host: HOST, port, timeout, badServer: tryAgain(log()) });
  const dial = async (): Promise<net.Socket> => {
    const socket = net.connect({ port, host: HOST, noDelay: true });
    socket.on('error', () => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };

  switch (part) {
    case 'server': {
      const open = (port: number) => listen({ host: HOST, port, timeout, expected: IDS });
      await using server = await listenOn(port, true, open);
      tell({ type: 'listening', port: server.address.port });
      return await Promise.race([stopped(stop), passOn(server, { tx: log('tx'), rx: log('rx') })]);
    }
    case 'tx': {
      const toggle = new Toggle();
      pressing(() => toggle.press());
      const timer = every === undefined ? undefined : setInterval(() => toggle.press(), every);
      await using client = link();
      await Promise.race([stopped(stop), sendState(toggle, client, log())]);
      return clearInterval(timer);
    }
    case 'rx': {
      const printed = printedLed(log());
      const led: Led = {
        show(on) {
          printed.show(on);
          tell({ type: 'led', on, at: clock() });
        },
      };
      await using client = link();
      return await Promise.race([stopped(stop), showOn(led, client, log())]);
    }
    case 'raw relay': {
      const sockets = new Set<net.Socket>();
      let receiver: net.Socket | undefined;
      const server = net.createServer({ noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        onLine(socket, (line) => {
          if (line === HELLO) receiver = socket;
          receiver?.write(`${line}\n`); // the hello too: it is welcome
        });
      });
      server.listen(0, HOST);
      await once(server, 'listening');
      tell({ type: 'listening', port: (server.address() as net.AddressInfo).port });
      await stopped(stop);
      for (const socket of sockets) socket.destroy();
      server.close();
      return;
    }
    case 'raw sender': {
      const socket = await dial();
      pressing(() => socket.write(`${LINE}\n`));
      socket.write(`${LINE}\n`); // shows that the way is open
      await stopped(stop);
      socket.destroy();
      return;
    }
    case 'raw receiver': {
      const socket = await dial();
      onLine(socket, () => tell({ type: 'led', on: true, at: clock() }));
      socket.write(`${HELLO}\n`);
      await stopped(stop);
      socket.destroy();
    }
  }
});

function onLine(socket: net.Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
