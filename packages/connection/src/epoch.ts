/** 64 random bits in hexadecimal: what distinguishes the runs of a session (`drawEpoch` of a session's options). */
export function drawEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
