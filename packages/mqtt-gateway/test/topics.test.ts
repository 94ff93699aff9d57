import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeLevel, objectId, TopicTemplate, unescapeLevel } from '../src/topics.js';

/** Any id that the wire can bring. */
const id = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({
    minLength: 1,
    unit: fc.constantFrom('%', '/', '+', '#', '$', '_', '2', 'F', 'a', '\u0000', '\ufdd0', '€'),
  }),
);

describe('the escape of an id in a topic', () => {
  it.each([
    ['1', '1'],
    ['cellar board', 'cellar board'],
    ['a/b', 'a%2Fb'],
    ['50%', '50%25'],
    ['+#', '%2B%23'],
    ['$SYS', '%24SYS'],
    ['a$', 'a$'],
    ['a\u0007', 'a%07'],
    ['\ufdd0', '%EF%B7%90'],
    ['küche', 'küche'],
  ])('of %j is %s', (text, level) => {
    expect(escapeLevel(text)).toBe(level);
    expect(unescapeLevel(level)).toBe(text);
  });

  it('gives back every id, and leaves nothing in it that cannot be in a level of a topic', () => {
    fc.assert(
      fc.property(id, (text) => {
        const level = escapeLevel(text);
        expect(unescapeLevel(level)).toBe(text);
        expect(level).not.toMatch(/[+#/]|^\$|\p{Cc}|\p{Noncharacter_Code_Point}/u);
      }),
    );
  });

  it.each(['%2f', '%41', '100%', 'a+b', '%FF', '$a'])('%s is the level of no id', (level) => {
    expect(unescapeLevel(level)).toBeUndefined();
  });
});

it('two ids never have the same object id, and Home Assistant takes each', () => {
  fc.assert(
    fc.property(id, id, (one, other) => {
      expect(objectId(one)).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(objectId(one) === objectId(other)).toBe(one === other);
    }),
  );
  expect(objectId('my_board 1')).toBe('my__board_201');
});

describe('a template', () => {
  it('makes the topic of an id, and finds the id in a topic', () => {
    const template = new TopicTemplate('topics.up', 'iot/{id}/up', ['id']);
    fc.assert(
      fc.property(id, (text) => {
        expect(template.valueIn(template.topic({ id: text }), 'id')).toBe(text);
      }),
    );
    expect(template.topic({ id: 'a/b' })).toBe('iot/a%2Fb/up');
    expect(template.filter).toBe('iot/+/up');
    expect(template.valueIn('iot/1/down', 'id')).toBeUndefined();
    expect(template.valueIn('iot/1/up/more', 'id')).toBeUndefined();
  });

  it('may hold several values', () => {
    const template = new TopicTemplate('topics.field', '{id}/now/{field}', ['id', 'field']);
    expect(template.topic({ id: '1', field: 'a/b' })).toBe('1/now/a%2Fb');
    expect(template.valueIn('1/now/a%2Fb', 'field')).toBe('a/b');
  });

  it.each([
    'iot/up',
    'iot/{id}/{id}',
    'iot/board-{id}/up',
    'iot/+/{id}',
    'iot/{id}/#',
    'iot/{id}/{other}',
    '$SYS/{id}',
  ])('%s is none of an id', (text) => {
    expect(() => new TopicTemplate('topics.up', text, ['id'])).toThrow(
      `topics.up must be a topic that contains {id} once, as a whole level, and no + or #, not "${text}"`,
    );
  });
});
