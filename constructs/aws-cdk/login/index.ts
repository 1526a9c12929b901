/** What the login of browsers at the gateway needs besides the model. */
export type { LoginOptions, ServiceLogin } from './props.js';
