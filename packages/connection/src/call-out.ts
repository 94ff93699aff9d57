/** Calls back the application. What it throws becomes an uncaught exception; who calls goes on. */
export function callOut(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
