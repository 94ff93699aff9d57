const MINUTE = 60_000;

/**
 * A reporter that prints, each minute, the test files that have run for longer than two minutes, and their
 * current tests. vitest prints nothing about a file before its end, so the log of a hanging run would not
 * show where it hangs.
 */
export class StillRunning {
  /** For each file, by id: the time of its start, and its tests that have started and not ended. */
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
