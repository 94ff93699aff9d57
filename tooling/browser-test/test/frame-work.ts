/** How much a page works for each frame. */
import type { Page } from 'playwright-core';

/** An event of a trace; times are in µs. */
interface Traced {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** CPU time of its thread. */
  readonly tdur?: number;
}

/** What the page marks each frame with (`performance.mark`). */
const FRAME = 'frame';
/** All that a thread does is done in one of these. */
const TASK = 'ThreadControllerImpl::RunTask';

/**
 * CPU time of the main thread of the page for each frame of what is run, in ms: script, style, layout and paint. What the
 * thread waits for on a busy machine is no part of it, and neither is the drawing, which other threads do.
 */
export async function frameWork<T>(page: Page, run: () => Promise<T>): Promise<[result: T, work: number[]]> {
  const devtools = await page.context().newCDPSession(page);
  const events: Traced[] = [];
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as Traced[])));
  const includedCategories = ['toplevel', 'blink.user_timing'];
  await devtools.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } });
  const result = await run();
  const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  await complete;
  await devtools.detach();
  return [result, workOf(events)];
}

function workOf(events: readonly Traced[]): number[] {
  const inOrder = [...events].sort((one, other) => one.ts - other.ts);
  const first = inOrder.find(({ name }) => name === FRAME);
  const work: number[] = [];
  for (const { name, ph, pid, tid, tdur = 0 } of inOrder) {
    if (pid !== first?.pid || tid !== first.tid) continue;
    if (name === FRAME) work.push(0);
    else if (name === TASK && ph === 'X' && work.length > 0) work[work.length - 1]! += tdur / 1000;
  }
  // The last one is not whole.
  return work.slice(0, -1);
}
