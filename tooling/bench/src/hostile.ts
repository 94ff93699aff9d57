/** A bad neighbour: says hello and then the same bytes without end, as fast as they are taken, and reads nothing. */
import { connect } from 'node:net';

const [port = '', id = '', bytes = ''] = process.argv.slice(2);
const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
socket.on('error', () => process.exit()).on('close', () => process.exit());
socket.write(`${id}\n`, () => process.send?.('here'));
const flood = () => {
  while (socket.write(bytes));
};
socket.on('drain', flood);
flood();
socket.pause();
