import { codedError } from '../coded-error.js';

/** Throws `port` for what no TCP port is. */
export function checkPort(path: string, port: number): void {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return;
  throw codedError('port', path, 'this is no TCP port', { found: String(port), expected: '1 to 65535' });
}
