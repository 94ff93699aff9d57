import { expect, it } from 'vitest';
import { Rig, withoutBackoff } from './rig.js';

withoutBackoff();

it('a line beyond the maxLineBytes of the reader costs two links, and is dropped on the third, though its write resolves', async () => {
  await using rig = await Rig.start({ client: { maxLineBytes: 1024 } });
  const reports: string[] = [];
  rig.client.on('peerError', (error) => reports.push(error.code));
  rig.connection.on('peerError', (error) => reports.push(error.code));

  await rig.connection.write('x'.repeat(2000));
  await rig.connection.write('the next');

  expect(await rig.client.readline()).toBe('the next');
  expect(reports).toEqual(Array(3).fill('ERR_LINE_TOO_LONG'));
  expect(rig.client.connects).toBe(3);
});
