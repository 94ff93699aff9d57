/**
 * What tells a repeat from another line under the same id (PROTOCOL.md section 3, The receiver): FNV-1a over the text,
 * with its length above the 32 bits of the hash.
 */
export function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return text.length * 0x1_0000_0000 + (hash >>> 0);
}
