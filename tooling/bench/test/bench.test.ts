/** The bench as a whole, with few rounds: processes start, lines go, files are written, and nothing is left running. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const MAIN = ['--import', 'tsx', '--conditions=@iot/source', 'src/main.ts'];

it('measures a row of lines and a row of clients, and writes what it has measured', async () => {
  const out = mkdtempSync(join(tmpdir(), 'bench-'));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const args = ['--quick', '--only', 'relay,fleet-10', '--against', 'raw', '--rounds', '1', '--out', out];
  const { stdout } = await promisify(execFile)(process.execPath, [...MAIN, ...args], {
    cwd: new URL('..', import.meta.url),
  });
  expect(stdout).toContain('a line from client to client, p50');
  const { rows } = JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8')) as {
    rows: { name: string; cells: { contestant: string; rounds: Record<string, number | null>[] }[] }[];
  };
  expect(rows.map(({ name, cells }) => [name, ...cells.map(({ contestant }) => contestant)])).toEqual([
    ['relay', 'ours-2', 'raw'],
    ['fleet-10', 'ours-2', 'raw'],
  ]);
  const [relay, fleet] = rows.map(({ cells }) => cells.map(({ rounds: [first] }) => first));
  for (const round of relay!) expect(round!['rate']).toBeGreaterThan(0);
  for (const round of fleet!)
    expect(round).toMatchObject({ memory: null, connects: expect.any(Number) as number });
  expect(readFileSync(join(out, 'bench.svg'), 'utf8')).toContain('</svg>');
});

it('measures links over TLS beside those over TCP', async () => {
  const out = mkdtempSync(join(tmpdir(), 'bench-'));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const args = ['--only', 'links', '--against', 'ours-2-certificates', '--rounds', '1', '--out', out];
  await promisify(execFile)(process.execPath, [...MAIN, ...args], { cwd: new URL('..', import.meta.url) });
  const { rows } = JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8')) as {
    rows: { name: string; cells: { contestant: string; rounds: Record<string, number>[] }[] }[];
  };
  const cells = rows.flatMap((row) => row.cells);
  expect(cells.map(({ contestant }) => contestant)).toEqual(['ours-2', 'ours-2-certificates']);
  for (const { rounds } of cells)
    for (const key of ['first', 'cpu', 'again', 'againCpu', 'memory'])
      expect(rounds[0]![key]).toBeGreaterThan(0);
});

it('measures a server without @iot/admin, with it, and while its metrics are read', async () => {
  const args = [...MAIN.slice(0, -1), 'test/admin-row.ts'];
  const cwd = new URL('..', import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  const { metrics, figures } = JSON.parse(stdout) as { metrics: string[]; figures: Record<string, number> };
  expect(Object.keys(figures)).toEqual(metrics);
  for (const key of ['without', 'attached', 'scraped']) expect(figures[key]).toBeGreaterThan(0);
  expect(figures['added']).toBeCloseTo((figures['scraped']! - figures['without']!) * 100);
});
