import { InvalidModelError } from '../../lib/index.js';
import { parseModelJson } from '../../lib/model/json-text.js';

function errorsOf(text: string): string[] {
  try {
    parseModelJson(text);
  } catch (error) {
    if (!(error instanceof InvalidModelError)) throw error;
    return error.diagnostics.map(({ code, path }) => `${code} ${path}`);
  }
  return [];
}

test('the value is the one that JSON.parse reads', () => {
  const text = '{"a":[1,{"b":"{\\"a\\":1,\\"a\\":2}"},[],{}],"b":{"a":null,"c":"\\\\"},"c":-1.5e3}';
  expect(parseModelJson(text)).toEqual(JSON.parse(text));
  expect(parseModelJson('[1]')).toEqual([1]);
});

test('what names the schema for an editor is left out, at the top only', () => {
  expect(parseModelJson('{"$schema":"x","a":{"$schema":"y"}}')).toEqual({ a: { $schema: 'y' } });
});

test.each([
  ['{"a":1,"a":1}', 'duplicate-key a'],
  ['{"a":1,"\\u0061":2}', 'duplicate-key a'],
  ['{"services":{"a":{"x":1,"y":{"x":1},"x":2}}}', 'duplicate-key services.a.x'],
  ['{"access":[{"a":1},[],{"b":{},"b":[1,2]}]}', 'duplicate-key access[2].b'],
  ['{"a":{"b":1},"c":[{"a":1},{"a":1}],"a":2}', 'duplicate-key a'],
  ['{"a b":1,"a b":2,"":{"x":1,"x":2}}', 'duplicate-key ["a b"]', 'duplicate-key [""].x'],
  ['{"__proto__":1,"__proto__":2}', 'duplicate-key __proto__'],
])('%s', (text, ...errors) => {
  expect(errorsOf(text)).toEqual(errors);
});

test.each(['', '{', '{a:1}', "{'a':1}", '{"a":1,}', '// a\n{}', '{"a":NaN}', '\ufeff{}', '{"a":01}'])(
  'it is strict: %j',
  (text) => {
    expect(errorsOf(text)).toEqual(['invalid-json ']);
  },
);

test('an error of the text says which file it is of, if that is known', () => {
  expect(() => parseModelJson('{', 'model.json')).toThrow(
    /invalid-json at model\.json:1:2: [^]*expected:[^]*do:/,
  );
});

test('a deep and a long text are read as well', () => {
  const deep = `${'['.repeat(5000)}{"a":1,"a":2}${']'.repeat(5000)}`;
  expect(errorsOf(deep)).toEqual([`duplicate-key ${'[0]'.repeat(5000)}.a`]);
  const long = `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":"x"`).join(',')}}`;
  expect(errorsOf(long)).toEqual([]);
});
