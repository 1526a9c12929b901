import type { Text, Value } from './value.js';

/** How callers of a route are known. */
export type Authorization = 'none' | 'jwt' | 'user-pool' | 'custom' | 'iam' | Text;

/** An operation of an API, however it was written. */
export interface Route {
  /** In the resource that declares it. */
  readonly path: readonly string[];
  readonly method: string | Text;
  /** Whether it takes every method, or more paths than the one that it names. */
  readonly anyMethod: boolean | Text;
  readonly anyPath: boolean | Text;
  readonly authorization: Authorization;
  /** Scopes that a token must have. */
  readonly scopes: readonly Value[];
  /** In OpenAPI, the security scheme that it is authorized by. */
  readonly scheme?: string;
}

/** One that says nothing. */
export const NO_ROUTE = { anyMethod: false, anyPath: false, authorization: 'none', scopes: [] } as const;

export const GREEDY_PATH = /\{[^}]+\+\}/;
