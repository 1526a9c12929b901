export { compileIstio, type IstioOptions } from './compile.js';
export { speaksWithoutToken } from './delegation.js';
export {
  type IstioCondition,
  type IstioOperation,
  type IstioPolicies,
  type IstioRule,
  type IstioSource,
  principalOf,
} from './rule.js';
