export { CONFIGURATION_NAME, FOLDERS } from './configuration.js';
export { CSI_DRIVER, egressDeployment } from './deployment.js';
export { CALLED_PORT } from './destinations.js';
export { egressObjects, type EgressObjectsOptions } from './objects.js';
export { type EgressGatewayOptions, type IpFamily, requireCertificates } from './options.js';
