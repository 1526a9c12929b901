export {
  type CedarDocument,
  type CedarPolicy,
  compileCedar,
  decidingRule,
  EMERGENCY_ID,
  MAX_POLICY_BYTES,
  VOCABULARY_ID,
} from './compile.js';
export { type CedarAction, NAMESPACE } from './names.js';
export {
  type CedarCall,
  type CedarIndex,
  type CedarQuestion,
  cedarIndex,
  outcomeOf,
  questionOf,
} from './question.js';
export type { CedarSchema } from './schema.js';
