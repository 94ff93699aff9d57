/** What a check has found. */
export interface Finding {
  /** Of the check. */
  readonly name: string;
  /** `skipped`: it could not be checked, or there was nothing to check. */
  readonly status: 'ok' | 'warning' | 'problem' | 'skipped';
  /** One line: what is so and, unless it is well, what to do. */
  readonly text: string;
}

/** The findings of one check are named after it. */
export function findings(name: string) {
  const of =
    (status: Finding['status']) =>
    (text: string): Finding => ({ name, status, text });
  return { ok: of('ok'), warning: of('warning'), problem: of('problem'), skipped: of('skipped') };
}

/** The code of a failure of the system, or its text. */
export function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
