import { MissingRefError, ref, substitute, type Template } from '../../lib/plan/refs.js';

test('a ref is replaced by its value, wherever it stands', () => {
  const template = { a: ref('x'), list: [ref('x'), { b: ref('y') }, 'x'], none: null };
  expect(substitute(template, { x: 'one', y: 2 })).toStrictEqual({
    a: 'one',
    list: ['one', { b: 2 }, 'x'],
    none: null,
  });
});

test.each<[string, Template]>([
  ['has another member', { ref: 'x', other: 1 }],
  ['has another member first', { other: 1, ref: 'x' }],
  ['names no text', { ref: 1 }],
  ['is a list', ['ref']],
  ['inherits its name', Object.assign(Object.create({ ref: 'x' }) as object, { a: 1 })],
])('what %s is no ref', (_, template) => {
  expect(substitute(template, { x: 'one' })).toEqual(template);
});

test('members that are not there are left out, and a name of the language is one like any other', () => {
  const template = JSON.parse('{"__proto__":{"ref":"x"},"b":1}') as { [name: string]: Template | undefined };
  const rendered = substitute({ ...template, a: undefined }, { x: 'one' }) as object;
  expect(Object.entries(rendered)).toEqual([
    ['__proto__', 'one'],
    ['b', 1],
  ]);
  expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
});

test.each(['y', 'toString', '__proto__'])('nothing is rendered without a value for the ref %s', (name) => {
  expect(() => substitute([{ a: ref(name) }], { x: 'one' })).toThrow(MissingRefError);
});
