import type { PolicyIndex } from './index-rules.js';
import { hostOf } from './request.js';

/** The service whose authority a request names, whether or not this point stands before it. */
export function calledService(index: PolicyIndex, authority: string): string | undefined {
  return index.byAuthority.get(hostOf(authority));
}
