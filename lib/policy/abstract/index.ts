export { type Admission, admissionOf, type Place, type Reading } from './admission.js';
export { addressesOf, NOWHERE } from './addresses.js';
export { AbstractCaller, type Caller } from './caller.js';
export { Diagram, type Node } from './diagram.js';
