import { type TemplateCheck, undecided, violation } from './support/check.js';
import { shown, text } from './support/read.js';
import { Text } from './support/value.js';

export const latticeAuth: TemplateCheck = {
  id: 'lattice-auth',
  severity: 'error',
  reason:
    'With AuthType NONE, which is the default, VPC Lattice asks nobody who calls; an auth policy is then stored and ignored.',
  fix: 'Set `AuthType` to AWS_IAM and give the service an AWS::VpcLattice::AuthPolicy that names its callers.',
  types: ['AWS::VpcLattice::Service', 'AWS::VpcLattice::ServiceNetwork'],
  run(resource, reading) {
    const type = text(reading.get(resource, 'AuthType'));
    if (type instanceof Text) return [undecided(['AuthType'], type, 'AWS_IAM')];
    if (type === 'AWS_IAM') return [];
    return [violation(['AuthType'], 'nobody asks who calls', { found: shown(type), expected: 'AWS_IAM' })];
  },
};
