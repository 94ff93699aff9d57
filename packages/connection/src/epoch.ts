/**
 * Draws an epoch: 64 random bits in hexadecimal, which identify one run of a session in one process. Client and server pass
 * this function to a session as its option `drawEpoch`.
 */
export function drawEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
