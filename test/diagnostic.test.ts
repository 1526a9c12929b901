import fc from 'fast-check';
import { type Diagnostic, formatDiagnostics } from '../lib/diagnostic.js';

const finding = (path: string, remedy?: string): Diagnostic => ({
  code: 'odd',
  severity: 'error',
  path,
  message: 'it is odd',
  ...(remedy !== undefined && { remedy }),
});

test('what is to be done about findings that follow one another is said once, after the last of them', () => {
  const found = [finding('a', 'mend it'), finding('b', 'mend it'), finding('c', 'leave it out')];
  expect(formatDiagnostics(found)).toBe(
    [
      'error odd at a: it is odd',
      'error odd at b: it is odd',
      '  do:       mend it',
      'error odd at c: it is odd',
      '  do:       leave it out',
    ].join('\n'),
  );
});

test('of findings that do not follow one another it is said of each', () => {
  const found = [finding('a', 'mend it'), finding('b'), finding('c', 'mend it')];
  expect(formatDiagnostics(found)).toBe(
    [
      'error odd at a: it is odd',
      '  do:       mend it',
      'error odd at b: it is odd',
      'error odd at c: it is odd',
      '  do:       mend it',
    ].join('\n'),
  );
});

test('whoever reads on from any finding comes to what is to be done about it first', () => {
  const remedy = fc.option(fc.constantFrom('mend it', 'leave it out'), { nil: undefined });
  fc.assert(
    fc.property(fc.array(remedy, { maxLength: 6 }), (remedies) => {
      const found = remedies.map((each, index) => finding(`element[${index}]`, each));
      const text = formatDiagnostics(found);
      expect(text.match(/^error /gm) ?? []).toHaveLength(found.length);
      for (const { path, remedy: own } of found) {
        if (own === undefined) continue;
        const [first] = /^ {2}do: .*$/m.exec(text.slice(text.indexOf(path))) ?? [];
        expect(first).toBe(`  do:       ${own}`);
      }
      const runs = remedies.filter((each, index) => each !== undefined && each !== remedies[index + 1]);
      expect(text.match(/^ {2}do: /gm) ?? []).toHaveLength(runs.length);
    }),
  );
});
