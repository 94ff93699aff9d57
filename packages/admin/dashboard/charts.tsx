/** The fleet over time: outages of the last hour, and what was read since the page was opened. */
import { Chart } from './chart.js';
import { milliseconds, number, plural } from './format.js';
import type { Live } from './live.js';
import { fleetTimeline } from './timeline.js';

const OUTAGES = { steps: 60, stepMs: 60_000 };

interface Properties {
  readonly live: Live;
  readonly theme: string;
}

export function Charts({ live, theme }: Properties) {
  const outages = [...live.boards.values()].flatMap((board) => board.outages);
  const { times, ended, down } = fleetTimeline(outages, live.now(), OUTAGES);
  const total = ended.reduce((sum, count) => sum + count, 0);
  const { rates } = live;
  const last = rates.at(-1);
  const seen = rates.map(({ at }) => at);
  return (
    <section class="charts" aria-label="The fleet over time" tabIndex={0}>
      <Chart
        title="Outages, last hour"
        theme={theme}
        times={times}
        summary={`${plural(total, 'outage')} in the last hour, ${plural(down.at(-1)!, 'board')} down now`}
        series={[
          { label: 'a minute', color: 'flapping', bars: true, values: ended, format: number },
          { label: 'boards down', color: 'down', values: down, format: number },
        ]}
      />
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
        theme={theme}
        times={seen}
        summary={
          last ? `median ${milliseconds(last.medianMs)}, 95 % ${milliseconds(last.p95Ms)}` : 'not known yet'
        }
        series={[
          {
            label: 'median',
            color: 'accent',
            values: rates.map((it) => it.medianMs ?? null),
            format: milliseconds,
          },
          {
            label: '95 %',
            color: 'second',
            values: rates.map((it) => it.p95Ms ?? null),
            format: milliseconds,
          },
        ]}
      />
      <Chart
        title="Repeats a minute"
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
    </section>
  );
}
