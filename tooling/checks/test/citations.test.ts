import { describe, expect, it } from 'vitest';
import { brokenCitation, citationsIn, sourceFiles } from '../src/citations.js';

function brokenIn(file: string, text?: string): (string | undefined)[] {
  return citationsIn(file, text).map(brokenCitation);
}

describe('the documents that source files name', () => {
  it('exist, with the sections that are named', () => {
    const broken = sourceFiles()
      .filter((file) => !file.endsWith('citations.test.ts'))
      .flatMap((file) =>
        brokenIn(file)
          .filter((why) => why !== undefined)
          .map((why) => `${file}: ${why}`),
      );
    expect(broken).toEqual([]);
  });

  it('are found in comments of several lines', () => {
    const [citation] = citationsIn(
      'a.ts',
      '/**\n * As there (PROTOCOL.md section 3,\n * The receiver).\n */',
    );
    expect(citation).toMatchObject({ document: 'PROTOCOL.md', sections: ['3'], part: 'The receiver' });
    expect(sourceFiles()).toContain('packages/qos/src/session.ts');
  });

  it('and do not exist are told', () => {
    expect(
      brokenIn('a.ts', '(PROTOCOL.md sections 1 and 99) (NOTHING.md) (docs/I2C.md, One exchange)'),
    ).toEqual(['PROTOCOL.md has no section 99', 'NOTHING.md does not exist', undefined]);
    expect(brokenIn('a.ts', '(PROTOCOL.md section 3, The moon)')).toEqual([
      'PROTOCOL.md has no heading or bold words "The moon"',
    ]);
  });
});
