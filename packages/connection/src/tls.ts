/** TLS settings that client and server share: versions, cipher suites for pre-shared keys (PSK), and key sizes. */

export const TLS_VERSIONS = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;

/**
 * Cipher suites for pre-shared keys, best first. A board offers the suites that it has. The ECDHE suites have forward secrecy:
 * recorded traffic stays secret if the key becomes known later. They cost an elliptic-curve operation in each handshake.
 * `@SECLEVEL=0` is needed for CCM8: OpenSSL refuses its 64-bit tags from level 1 or 2 on. The level admits no suite that is
 * not in this list.
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

/** A shorter key could be found by brute force. */
export const LEAST_PSK_BYTES = 16;
/** The limit of OpenSSL. */
export const MOST_PSK_BYTES = 512;
