/**
 * Makes certificates for tests with `openssl` when needed, because certificates in the repository would
 * expire.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** The common name of its subject. */
  readonly name: string;
  /** Its alternative names. */
  readonly names?: readonly string[] | undefined;
  /** True: the certificate expired yesterday. */
  readonly expired?: boolean | undefined;
}

/** Signs certificates. */
export class Authority {
  /** Its own certificate. */
  readonly ca: string;
  readonly #key: string;

  constructor(name = 'authority of a test') {
    const files = inFolder((folder) => {
      const out = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
      openssl(['req', '-x509', ...NEW_KEY, ...out, '-days', '2', '-subj', `/CN=${name}`]);
      return read(folder);
    });
    this.ca = files.cert;
    this.#key = files.key;
  }

  issue({ name, names = [], expired = false }: CertificateOptions): Certificate {
    return inFolder((folder) => {
      const at = (file: string) => join(folder, file);
      writeFileSync(at('ca.cert'), this.ca);
      writeFileSync(at('ca.key'), this.#key);
      openssl(['req', ...NEW_KEY, '-keyout', at('key'), '-out', at('request'), '-subj', `/CN=${name}`]);
      const kinds = names.map((each) => `${/^[\d.]+$/.test(each) ? 'IP' : 'DNS'}:${each}`);
      writeFileSync(at('extensions'), kinds.length > 0 ? `subjectAltName=${kinds.join(',')}\n` : '');
      const signed = ['-CA', at('ca.cert'), '-CAkey', at('ca.key'), '-extfile', at('extensions')];
      openssl([
        'x509',
        '-req',
        '-in',
        at('request'),
        ...signed,
        '-days',
        expired ? '-1' : '1',
        '-out',
        at('cert'),
      ]);
      return read(folder);
    });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

function read(folder: string): Certificate {
  return { key: readFileSync(join(folder, 'key'), 'utf8'), cert: readFileSync(join(folder, 'cert'), 'utf8') };
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
