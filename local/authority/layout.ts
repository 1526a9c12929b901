import { join } from 'node:path';
import { type LeafPaths, leafPathsIn } from '../../lib/point/leaf-folder.js';

/**
 * Where the points find what the authority writes, below one folder:
 *
 *     edge.pem                              roots of the edge, for clients and for key fetches
 *     peers/<hash>.pem                      roots of the mesh; a changed bundle has another name
 *     <point>/{server,peers,edge}.json      SDS files (`edge` for the gateway alone)
 *     <point>/{server,edge}/current         link to the newest leaf: certificate.pem, key.pem
 *     issuers/<name>/edge/current           the same for the identity provider
 */
export interface PointSecrets {
  /** Watched by Envoy. */
  readonly directory: string;
  readonly server: string;
  readonly peers: string;
  readonly edge: string;
}

/** The SDS files of a point, by its key in the plan. */
export function pointSecrets(secrets: string, point: string): PointSecrets {
  const directory = join(secrets, ...point.split('/'));
  const file = (name: string) => join(directory, `${name}.json`);
  return { directory, server: file('server'), peers: file('peers'), edge: file('edge') };
}

/** A leaf of a point or, below `issuers/<name>`, of the identity provider. */
export function leafPaths(secrets: string, owner: string, leaf: 'server' | 'edge'): LeafPaths {
  return leafPathsIn(join(secrets, ...owner.split('/'), leaf));
}

/** PEM bundle that verifies the gateway and the identity provider. */
export function edgeBundle(secrets: string): string {
  return join(secrets, 'edge.pem');
}

export function peersBundle(secrets: string, hash: string): string {
  return join(secrets, 'peers', `${hash}.pem`);
}
