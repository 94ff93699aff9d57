import { describe, expect, it } from 'vitest';
import { brokenLink, markdownFiles, parseDocument, readDocument } from '../src/markdown.js';

describe('the links', () => {
  it.each(markdownFiles())('of %s lead somewhere', (path) => {
    const document = readDocument(path);
    const broken = document.targets.flatMap((target) => {
      const why = brokenLink(document, target);
      return why === undefined ? [] : [`${target} ${why}`];
    });
    expect(broken).toEqual([]);
  });

  it('are looked for in every place where people write', () => {
    const files = markdownFiles();
    for (const path of ['README.md', 'CONTRIBUTING.md', 'docs/PROTOCOL.md', 'packages/client/README.md'])
      expect(files).toContain(path);
    expect(files.filter((path) => path.startsWith('.github/'))).not.toEqual([]);
    expect(files.filter((path) => path.includes('node_modules'))).toEqual([]);
  });

  it('that are broken are found', () => {
    const text =
      '# One & two `three`\n[a](#one--two-three) [b](#four) [c](nowhere.md) [d](README.md#nothing)\n';
    const document = parseDocument('docs/page.md', `${text}![e](http://example.org/) <a href="/abs">f</a>\n`);
    const why = document.targets.map((target) => brokenLink(document, target));
    expect(why).toEqual([
      undefined,
      'does not have this heading',
      'does not exist',
      'does not have this heading',
      'is no https address',
      'is absolute',
    ]);
  });

  it('to a folder mean its README', () => {
    const document = parseDocument(
      'docs/page.md',
      '[a](../packages/client#watchdog) [b](../packages/client#cat)',
    );
    expect(document.targets.map((target) => brokenLink(document, target))).toEqual([
      undefined,
      'does not have this heading',
    ]);
  });
});
