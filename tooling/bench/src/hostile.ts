/** A hostile client: sends a hello, then the same bytes repeatedly as fast as possible, and reads nothing. */
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
