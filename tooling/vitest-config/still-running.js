const MINUTE = 60_000;

/**
 * A reporter that names, each minute, the test files that have run for longer than two, and the test that each is at:
 * vitest prints nothing of a file before its end, so that the log of a run that hangs would not say where.
 */
export class StillRunning {
  /** By the id of their file: when it began, and its tests that have begun and not ended. */
  #files = new Map();

  onInit() {
    setInterval(() => this.#report(), MINUTE).unref();
  }

  onTestModuleStart({ id, relativeModuleId }) {
    this.#files.set(id, { name: relativeModuleId, since: Date.now(), tests: new Set() });
  }

  onTestModuleEnd({ id }) {
    this.#files.delete(id);
  }

  onTestCaseReady({ module, fullName }) {
    this.#files.get(module.id)?.tests.add(fullName);
  }

  onTestCaseResult({ module, fullName }) {
    this.#files.get(module.id)?.tests.delete(fullName);
  }

  #report() {
    for (const { name, since, tests } of this.#files.values()) {
      const minutes = Math.floor((Date.now() - since) / MINUTE);
      if (minutes >= 2) console.log(`still running after ${minutes} min: ${[name, ...tests].join(' > ')}`);
    }
  }
}
