export { RevocationList, type IRevocationList, type RevocationListProps } from './revocation-list.js';
