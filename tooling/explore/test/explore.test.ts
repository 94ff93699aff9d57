import { afterAll, describe, expect, it } from 'vitest';
import { CI_BOUNDS } from '../src/bounds.js';
import { loadMachines } from '../src/bundle.js';
import { PROTOCOLS } from '../src/protocols.js';
import { table, violationText } from '../src/report.js';
import { explore, type Result } from '../src/search.js';

const results: [string, Result][] = [];

afterAll(() => console.log(table(results)));

describe.each(Object.keys(PROTOCOLS))('version %s keeps its promise in every state of', (version) => {
  it.each(CI_BOUNDS[version]!)('$name', async ({ name, bound }) => {
    const machines = await loadMachines(bound);
    const result = explore({ machines, protocol: PROTOCOLS[version]!, bound });
    results.push([`version ${version}: ${name}`, result]);
    expect(violationText(name, result)).toBe('');
    expect(result.complete).toBe(true);
  });
});
