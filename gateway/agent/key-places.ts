import type { AuthorizerData } from '../../lambda/authorizer/data.js';
import { MissingRefError, type RefValues } from '../../lib/plan/refs.js';
import type { KeyPlace } from '../decision/keys.js';

/**
 * Where the decision service of a point finds each issuer's keys: through the point's own end of the tunnel, where
 * it has one, else at the issuer's address. Throws `missing-ref`.
 */
export function keyPlaces(
  point: string,
  issuers: AuthorizerData['issuers'],
  values: RefValues,
): readonly KeyPlace[] {
  const text = (name: string): string => {
    const value = values[name];
    if (value === undefined) throw new MissingRefError(name);
    return String(value);
  };
  return Object.entries(issuers).map(([name, { jwksUri }]) => {
    const verified = { jwksUri, ca: text(`issuers/${name}/ca/path`) };
    const socket = values[`${point}/keys/${name}/path`];
    if (socket !== undefined) return { ...verified, socket: String(socket) };
    const at = `issuers/${name}/endpoint`;
    return { ...verified, address: text(`${at}/address`), port: Number(text(`${at}/port`)) };
  });
}
