/** Parses the output of `pnpm audit --json`. */

export type AuditReport =
  /** The registry does not support audits. */
  | { readonly type: 'not-possible'; readonly why: string }
  | { readonly type: 'audited'; readonly serious: readonly string[]; readonly others: number };

interface Printed {
  readonly error?: { readonly code: string; readonly message: string };
  readonly advisories?: Readonly<Record<string, Advisory>>;
}

interface Advisory {
  readonly module_name: string;
  readonly severity: string;
  readonly title: string;
  readonly url: string;
}

const SERIOUS = new Set(['high', 'critical']);

/** @throws Error for a value that is not a report. */
export function readAudit(json: string): AuditReport {
  const { error, advisories } = JSON.parse(json) as Printed;
  // Registries that mirror the public one often do not support audits. They answer with an error or not at
  // all.
  if (error !== undefined) return { type: 'not-possible', why: error.code };
  if (advisories === undefined) throw new Error('the audit has printed no report');
  const all = Object.values(advisories);
  const serious = all.filter(({ severity }) => SERIOUS.has(severity));
  const lines = serious.map((it) => `${it.module_name}, ${it.severity}: ${it.title} (${it.url})`);
  return { type: 'audited', serious: lines, others: all.length - serious.length };
}
