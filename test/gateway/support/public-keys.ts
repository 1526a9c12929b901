import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { TestAuthority } from '../../engines/support/authority.js';
import type { TestMesh } from './mesh.js';

/** A public authority, which the points of the mesh believe about the issuer `people`, and a place for its key server. */
export async function publicAuthority(mesh: TestMesh): Promise<TestAuthority> {
  const authority = await TestAuthority.create(certificateProfiles(600), 'public');
  const root = join(mesh.state.path, 'public.pem');
  writeFileSync(root, authority.root);
  mesh.set('issuers/people/ca/path', root);
  mesh.place('issuers/people/endpoint', await mesh.free('keys', 8443));
  return authority;
}
