/** What one check found, in one line. */
export interface Diagnosis {
  /** What was looked at. */
  readonly check: 'install' | 'bootstrap' | 'certificate' | 'server' | 'admin' | 'clock' | 'clients' | 'kubernetes';
  /** `skipped`: it could not be looked at, and the sentence says why. */
  readonly severity: 'fault' | 'warning' | 'ok' | 'skipped';
  readonly text: string;
  /** What to do about it. */
  readonly action?: string | undefined;
}

/** Makes the diagnoses of one check. */
export function diagnosesOf(check: Diagnosis['check']) {
  const of =
    (severity: Diagnosis['severity']) =>
    (text: string, action?: string): Diagnosis => ({
      check,
      severity,
      text,
      ...(action === undefined ? {} : { action }),
    });
  return { fault: of('fault'), warning: of('warning'), ok: of('ok'), skipped: of('skipped') };
}
