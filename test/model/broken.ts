import { InvalidModelError, resolve } from '../../lib/index.js';

export const now = new Date('2026-11-20T12:00:00Z');

/** Every error of the model, as `code path`. Nothing but an InvalidModelError is thrown. */
export function errorsOf(model: unknown): string[] {
  try {
    resolve(model, { now });
  } catch (error) {
    if (!(error instanceof InvalidModelError)) throw error;
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error');
    // Each says what would do, or what to do.
    expect(errors.filter(({ expected, remedy }) => (expected ?? remedy) === undefined)).toEqual([]);
    return errors.map(({ code, path }) => `${code} ${path}`);
  }
  return [];
}

export const rule = {
  effect: 'allow',
  principals: [{ kind: 'anyone' }],
  service: 'web',
  operations: ['GET /x'],
};
export const person = { kind: 'user', issuer: 'people' };
export const megabyte = 'x'.repeat(1_000_000);
