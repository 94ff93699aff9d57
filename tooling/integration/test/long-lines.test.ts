import { expect, it } from 'vitest';
import { Rig, withoutBackoff } from './rig.js';

withoutBackoff();

it.each([
  { protocol: 1, reported: 3, links: 3 },
  { protocol: 2, reported: 1, links: 1 },
] as const)(
  'a line beyond the maxLineBytes of the reader is dropped on link $links of version $protocol, though its write resolves',
  async ({ protocol, reported, links }) => {
    await using rig = await Rig.start({ client: { maxLineBytes: 1024, protocol } });
    const reports: string[] = [];
    rig.client.on('peerError', (error) => reports.push(error.code));
    rig.connection.on('peerError', (error) => reports.push(error.code));

    await rig.connection.write('x'.repeat(2000));
    await rig.connection.write('the next');

    expect(await rig.client.readline()).toBe('the next');
    expect(reports).toEqual(Array(reported).fill('ERR_LINE_TOO_LONG'));
    expect(rig.client.connects).toBe(links);
  },
);
