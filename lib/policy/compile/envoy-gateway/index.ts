export { compileEnvoyGateway, type EnvoyGatewayOptions } from './compile.js';
export type { EnvoyGatewayOperation, EnvoyGatewayPolicy, EnvoyGatewayRule } from './rule.js';
