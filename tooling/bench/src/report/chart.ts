/** Draws a chart of a run as SVG: bars of the medians, with one panel for each of a few metrics. */
import { CONTESTANTS } from '../contestants/contestants.js';
import type { Results } from '../results.js';
import { spreadText } from './words.js';

/**
 * The panels. A panel is omitted if the run does not have its row. `fleet-` means the fleet with the most
 * clients.
 */
const PANELS = [
  { row: 'acked-1', metric: 'p50' },
  { row: 'acked-100', metric: 'rate' },
  { row: 'acked-100', metric: 'cpu' },
  { row: 'relay', metric: 'p50' },
  { row: 'fleet-', metric: 'idle' },
  { row: 'fleet-', metric: 'memory' },
];

const WIDTH = 760;
const NAMES = 210;
const BARS = 330;
const LINE = 22;
const HEAD = 40;

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly text: string;
  readonly ours: boolean;
}

interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export function chart(results: Results): string {
  const parts: string[] = [];
  let top = 10;
  for (const { title, bars } of panels(results)) {
    parts.push(`<text x="10" y="${top + 20}" class="title">${escaped(title)}</text>`);
    const most = Math.max(...bars.map(({ value }) => value));
    for (const [index, { name, value, text, ours }] of bars.entries()) {
      const y = top + HEAD + index * LINE;
      // A bar of 0 remains visible.
      const width = Math.max(1, (BARS * value) / most).toFixed(1);
      parts.push(
        `<text x="${NAMES}" y="${y + 12}" text-anchor="end">${escaped(name)}</text>`,
        `<rect x="${NAMES + 10}" y="${y}" width="${width}" height="${LINE - 6}" class="${ours ? 'ours' : 'other'}"/>`,
        `<text x="${NAMES + 16 + Number(width)}" y="${y + 12}">${escaped(text)}</text>`,
      );
    }
    top += HEAD + bars.length * LINE + 10;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img">`,
    '<title>Medians of one run of the bench</title>',
    '<style>text { font: 12px sans-serif; fill: #24292f } .title { font-weight: bold; font-size: 14px } .ours { fill: #1a7f37 } .other { fill: #8c959f }</style>',
    `<rect width="${WIDTH}" height="${top}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function panels(results: Results): Panel[] {
  return PANELS.flatMap(({ row: beginning, metric: key }): Panel[] => {
    const row = results.rows.filter(({ name }) => name.startsWith(beginning)).at(-1);
    const metric = row?.metrics.find((it) => it.key === key);
    if (row === undefined || metric === undefined) return [];
    const bars = row.cells.flatMap(({ contestant }): Bar[] => {
      const spread = results.spread(row.name, contestant, key);
      if (spread === undefined) return [];
      const name = CONTESTANTS[contestant].title;
      const ours = contestant.startsWith('ours-');
      return [{ name, value: spread.median, text: spreadText(spread, metric.unit), ours }];
    });
    return bars.length === 0 ? [] : [{ title: `${row.title}: ${metric.title}`, bars }];
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
