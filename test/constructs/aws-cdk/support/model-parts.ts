import type { Cors } from '../../../../lib/index.js';

export { http } from '../../../../lib/index.js';

/** Pages of these origins may call the service. */
export function cors(...origins: string[]): Cors {
  return { origins };
}
