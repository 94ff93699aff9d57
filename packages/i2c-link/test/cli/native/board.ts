/**
 * A board on a bus in memory, used by the two packages that replace the native ones: it is on while the bus is open.
 * It greets its server, prints what that says, and resets its responder when it is told to.
 */
import { nodeClock } from '@iot/connection/node';
import { openBoard, type Board } from '../../../src/board/index.js';
import { MemoryBus } from '../../../src/testing/index.js';

export const bus = new MemoryBus({ clock: nodeClock, khz: 400 });

export function powerOn(): Board {
  const { slave, syn, ack, reset } = bus.initiator;
  const board = openBoard({
    id: 'garden',
    host: '127.0.0.1',
    port: Number(process.env['BOARD_PORT']),
    slave,
    syn,
    ack,
    reset: { pin: reset, pulseMs: 20 },
    exchangeIntervalMs: 5,
  });
  process.on('SIGUSR2', () => board.reboot());
  // Its writes end with it.
  act(board).catch(() => undefined);
  return board;
}

async function act(board: Board): Promise<void> {
  await board.write('hello from the board');
  for await (const line of board) process.stdout.write(`board: heard ${line}\n`);
}
