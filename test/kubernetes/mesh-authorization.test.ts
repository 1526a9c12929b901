import { stringify } from 'yaml';
import { meshAuthorization } from '../../lib/kubernetes/index.js';
import { expectGolden } from '../golden.js';
import { shopMesh, shopPlan } from './mesh-shop.js';

test('the mesh of the shop', () => {
  const objects = meshAuthorization(shopPlan, shopMesh);
  expectGolden(
    'kubernetes/shop-mesh.yaml',
    objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
  );
});
