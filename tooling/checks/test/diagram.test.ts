/** The diagram of a delivery: well-formed, readable in dark and light, and shown on the page that describes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDocument, ROOT } from '../src/markdown.js';

const svg = readFileSync(join(ROOT, 'docs/guide/message-delivery.svg'), 'utf8');

/** The colours of each scheme, by name. */
const [light, dark] = [...svg.matchAll(/svg \{ (--paper[^}]*)\}/g)].map(
  ([, declarations]) =>
    new Map(
      [...declarations!.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name!, colour!]),
    ),
);

it('has every tag closed', () => {
  const open: string[] = [];
  for (const [, end, name, alone] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)) {
    if (end) expect(open.pop()).toBe(name);
    else if (!alone) open.push(name!);
  }
  expect(open).toEqual([]);
});

it('has the same colours in dark and light', () => {
  expect(svg).toContain('prefers-color-scheme: dark');
  expect([...dark!.keys()]).toEqual([...light!.keys()]);
  const used = new Set([...svg.matchAll(/var\(--(\w+)\)/g)].map(([, name]) => name));
  expect([...used].sort()).toEqual([...light!.keys()].sort());
});

it.each([
  ['light', light!],
  ['dark', dark!],
])('can be read in the %s scheme', (_, colours) => {
  for (const paper of ['paper', 'band', 'lane'])
    for (const text of ['ink', 'faint', 'bad'])
      expect(contrast(colours.get(text)!, colours.get(paper)!), `${text} on ${paper}`).toBeGreaterThan(4.5);
  expect(contrast(colours.get('good')!, colours.get('paper')!)).toBeGreaterThan(4.5);
});

it('is shown in the guide, and told in words to who cannot see it', () => {
  expect(readDocument('docs/guide/3-outages.md').text).toMatch(
    /!\[A line is written.{80,}\]\(message-delivery\.svg\)/,
  );
  expect(svg).toMatch(/<title id="title">.+<\/title>\s*<desc id="desc">.{80,}<\/desc>/);
});

/** Of two colours, as WCAG 2 has it: 1 to 21. */
function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
