/** A process that the demo has started takes part in it: it keeps a report, and does what it is asked. */
import type { Log } from './log.js';
import { startedByDemo, tell, type Order } from './news.js';
import { RecordingLog, type EndOptions } from './recording-log.js';

/** The log of one end: as it is, or under the demo one that also keeps the report. */
export function logOf(end: EndOptions, log: Log): Log {
  return startedByDemo ? new RecordingLog(end, log) : log;
}

/** Does what the demo asks, if it has started this process, and tells the outcome. */
export function takePart(apps: readonly { finish(): Promise<void> }[], logs: readonly Log[]): void {
  if (!startedByDemo) return;
  const finish = async (): Promise<void> => {
    await Promise.all(apps.map((app) => app.finish()));
    tell({ type: 'finished' });
  };
  const report = (): void => {
    const recording = logs.filter((log) => log instanceof RecordingLog);
    tell({ type: 'report', ends: recording.map((log) => log.report()) });
  };
  process.on('message', (order: Order) => {
    if (order === 'finish') void finish();
    if (order === 'report') report();
  });
}
