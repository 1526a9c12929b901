import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelJsonSchema } from '../../lib/model/schema.js';
import { expectGolden } from '../golden.js';

test('the committed JSON Schema is the one of the code', () => {
  expectGolden('../../lib/model/schema.json', `${JSON.stringify(modelJsonSchema(), undefined, 2)}\n`);
});

test('every object in it is closed or a record, and every text, list and record bounded', () => {
  const loose: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const schema = value as Record<string, unknown>;
    if (schema['type'] === 'object' && schema['additionalProperties'] === undefined) loose.push(path);
    if (schema['type'] === 'array' && schema['maxItems'] === undefined) loose.push(path);
    const isBounded = ['maxLength', 'pattern', 'enum', 'const', 'format'].some((key) => key in schema);
    if (schema['type'] === 'string' && !isBounded) loose.push(path);
    for (const [key, item] of Object.entries(schema)) look(item, `${path}/${key}`);
  };
  const file = join(__dirname, '..', '..', 'lib', 'model', 'schema.json');
  look(JSON.parse(readFileSync(file, 'utf8')), '');
  expect(loose).toEqual(['/properties/$schema']);
});
