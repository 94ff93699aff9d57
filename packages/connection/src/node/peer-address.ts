/**
 * The address of the other end of a socket. On a server that listens on all interfaces, the operating system writes an IPv4
 * address as an IPv6 address: `::ffff:192.168.0.7`. This function returns it as `192.168.0.7`.
 */
export function peerAddress(socket: { readonly remoteAddress?: string | undefined }): string | undefined {
  return socket.remoteAddress?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
