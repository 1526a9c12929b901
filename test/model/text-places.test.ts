import { elementPath, parseElementPath } from '../../lib/model/element-path.js';
import { placed, placesIn } from '../../lib/model/text-places.js';

test.each([
  [['access', 2, 'operations', 0]],
  [['services', 'a-b', 'host']],
  [['claims', 'https://x.example/a.b[0]"', 'é', '']],
  [[]],
])('the keys of %j are read from their path', (keys) => {
  expect(parseElementPath(elementPath(keys))).toEqual(keys);
});

const text = `services:
  web: &web
    host: www.example
  # the same again
  api: *web
"a.b": [1,
  { c: 2 }]
`;
const at = (path: string) => {
  const place = placesIn({ file: 'm.yaml', text })(path);
  return place && `${place.line}:${place.column}`;
};

test.each([
  ['services.web', '2:3'],
  ['services.web.host', '3:5'],
  ['services.api.host', '3:5'],
  ['["a.b"][1].c', '7:5'],
  ['services.web.cors.origins', '2:3'],
  ['access[0]', undefined],
  ['', undefined],
])('%s is at %s', (path, place) => {
  expect(at(path)).toBe(place);
});

test('of two equal keys the second is meant, in JSON with tabs too', () => {
  const json = '{\n\t"a": 1,\n\t"a": [\n\t\t2 ]\n}';
  expect(placesIn({ file: 'm.json', text: json })('a[0]')).toEqual({ file: 'm.json', line: 4, column: 3 });
  expect(placesIn({ file: 'm.json', text: json })('a')).toEqual({ file: 'm.json', line: 3, column: 2 });
});

test('a finding of an overlay has its place there, and one of a file none', () => {
  const finding = (path: string) => ({ code: 'x', severity: 'error' as const, path, message: 'm' });
  const texts = [
    { file: 'm.yaml', text },
    { file: 'o.yaml', text: 'services:\n  web: {}\n', under: 'overlay' },
  ];
  const found = placed([finding('overlay.services.web.run'), finding('m.yaml')], texts);
  expect(found.map(({ place }) => place)).toEqual([{ file: 'o.yaml', line: 2, column: 3 }, undefined]);
});
