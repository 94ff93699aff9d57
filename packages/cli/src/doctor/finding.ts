/** The result of a check. */
export interface Finding {
  /** The name of the check. */
  readonly name: string;
  /** `skipped`: the check was not possible, or there was nothing to check. */
  readonly status: 'ok' | 'warning' | 'problem' | 'skipped';
  /** One line: the state and, if there is a problem, what to do. */
  readonly text: string;
}

/** Functions that make the findings of the check with this name. */
export function findings(name: string) {
  const of =
    (status: Finding['status']) =>
    (text: string): Finding => ({ name, status, text });
  return { ok: of('ok'), warning: of('warning'), problem: of('problem'), skipped: of('skipped') };
}

/** The system's error code, or the text of the error. */
export function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
