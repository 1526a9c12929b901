export * from './canonical.js';
export { ABILITIES, type Abilities } from './compile/abilities/index.js';
export {
  cedarIndex,
  compileCedar,
  decidingRule,
  outcomeOf,
  questionOf,
} from './compile/cedar/index.js';
export { type Refusal, refusalDiagnostic, refusals } from './compile/refusal.js';
export * from './connection.js';
export * from './decide.js';
export * from './egress.js';
export * from './index-rules.js';
export * from './operation.js';
export type { PathTree } from './path-tree.js';
export * from './policy.js';
export * from './request.js';
export * from './revocation.js';
export * from './token.js';
