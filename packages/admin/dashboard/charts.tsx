/** The fleet over time: outages of the last hour, and what was read since the page was opened. */
import { Chart } from './chart.js';
import { duration, milliseconds, number, plural } from './format.js';
import { HOUR_MS, type Board } from './model.js';
import { Pure } from './pure.js';
import type { Rates } from './rates.js';
import { TERMS } from './terms.js';
import { fleetTimeline } from './timeline.js';

interface Properties {
  readonly boards: ReadonlyMap<string, Board>;
  readonly rates: readonly Rates[];
  readonly now: number;
  readonly theme: string;
}

/** Events that come within the same `now` are drawn with the next one. */
export class Charts extends Pure<Properties> {
  override render({ boards, rates, now, theme }: Properties) {
    return (
      <section class="charts" aria-label="The fleet over time" tabIndex={0}>
        <Outages boards={boards} now={now} theme={theme} />
        <Readings rates={rates} theme={theme} />
      </section>
    );
  }
}

const OUTAGES = { steps: 60, stepMs: 60_000 };

function Outages({ boards, now, theme }: Omit<Properties, 'rates'>) {
  const all = [...boards.values()];
  const outages = all.flatMap((board) => board.outages);
  const recordedSince = all.reduce((first, board) => Math.min(first, board.recordedSince), now);
  const { times, ended, down } = fleetTimeline(outages, recordedSince, now, OUTAGES);
  const total = ended.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const recorded = duration(Math.min(HOUR_MS, now - recordedSince));
  return (
    <Chart
      title="Outages, last hour"
      theme={theme}
      times={times}
      summary={`${plural(total, 'outage')} in ${recorded}, ${plural(down.at(-1)!, 'board')} down now`}
      series={[
        { label: 'a minute', color: 'flapping', bars: true, values: ended, format: number },
        { label: 'down, flapping or not', color: 'down', values: down, format: number },
      ]}
    />
  );
}

class Readings extends Pure<Pick<Properties, 'rates' | 'theme'>> {
  override render({ rates, theme }: Pick<Properties, 'rates' | 'theme'>) {
    const last = rates.at(-1);
    const seen = rates.map(({ at }) => at);
    const medians = rates.map((it) => it.medianMs ?? null);
    const p95s = rates.map((it) => it.p95Ms ?? null);
    return (
      <>
        <Chart
          title="Lines a second"
          theme={theme}
          times={seen}
          summary={last ? `${number(last.received)} received, ${number(last.sent)} sent` : 'not known yet'}
          series={[
            { label: 'received', color: 'accent', values: rates.map((it) => it.received), format: number },
            { label: 'sent', color: 'second', values: rates.map((it) => it.sent), format: number },
          ]}
        />
        <Chart
          title="Write to ack"
          hint={TERMS.writeToAck}
          nothing="No line to a board was acked since this page was opened."
          theme={theme}
          times={seen}
          summary={
            last ? `median ${milliseconds(last.medianMs)}, 95 % ${milliseconds(last.p95Ms)}` : 'not known yet'
          }
          series={[
            { label: 'median', color: 'accent', values: medians, format: milliseconds },
            { label: '95 %', color: 'second', values: p95s, format: milliseconds },
          ]}
        />
        <Chart
          title="Repeats a minute"
          hint={TERMS.repeats}
          theme={theme}
          times={seen}
          summary={last ? `${number(last.repeats)} lines a minute are sent again` : 'not known yet'}
          series={[
            {
              label: 'lines sent again',
              color: 'flapping',
              values: rates.map((it) => it.repeats),
              format: number,
            },
          ]}
        />
      </>
    );
  }
}
