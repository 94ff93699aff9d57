/** What both ends of a link over TLS agree on. */

export const TLS_VERSIONS = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;

/**
 * For pre-shared keys, best first. In TLS 1.2 a board chooses among those that it has: the first ones keep what was
 * recorded secret after a key is found out (forward secrecy), at the cost of an elliptic curve in each handshake. The
 * level is for CCM8, whose tags of 64 bits OpenSSL refuses from level 1 or 2 on; it admits nothing that is not named.
 */
export const PSK_CIPHERS = [
  '@SECLEVEL=0',
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-PSK-CHACHA20-POLY1305',
  'ECDHE-PSK-AES128-CBC-SHA256',
  'PSK-AES256-GCM-SHA384',
  'PSK-AES128-GCM-SHA256',
  'PSK-CHACHA20-POLY1305',
  'PSK-AES128-CCM',
  'PSK-AES128-CCM8',
  'PSK-AES128-CBC-SHA256',
].join(':');

/** A shorter key could be found by trying. */
export const LEAST_PSK_BYTES = 16;
/** What OpenSSL takes. */
export const MOST_PSK_BYTES = 512;
