import { BuiltPackage } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const YAML = `
Parameters:
  Range: { Type: String, Default: 0.0.0.0/0 }
Conditions:
  Prod: !Equals [!Ref AWS::Region, eu-west-1]
Resources:
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub \${AWS::StackName} group
      SecurityGroupEgress:
        - !If [Prod, { IpProtocol: '-1', CidrIp: !Ref Range }, { IpProtocol: '-1', CidrIp: 10.0.0.0/16 }]
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: { Protocol: HTTPS, SslPolicy: !Join [ '-', [ ELBSecurityPolicy, TLS13-1-3-2021-06 ] ] }
`;

const template = (resources: unknown) => JSON.stringify({ Resources: resources });

test('YAML with its short forms: each finding with code, place and what to do', () => {
  const { status, stdout, stderr } = built.ztp(['check', '--template', built.write('stack.yaml', YAML)]);
  expect(stderr).toContain('error open-egress at stack.yaml/Open.Properties.SecurityGroupEgress[0].CidrIp');
  expect(stderr).toContain('do:');
  expect(stdout).toBe('1 template: 1 error\n');
  expect(status).toBe(1);
});

test('as JSON: resource, property, construct, and whether it is decided', () => {
  const file = built.write(
    'App.template.json',
    template({
      S: {
        Type: 'AWS::VpcLattice::Service',
        Properties: { AuthType: { 'Fn::ImportValue': 'type' } },
        Metadata: { 'aws:cdk:path': 'App/S' },
      },
    }),
  );
  const { status, stdout } = built.ztp(['check', '--json', '--template', file]);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: true,
    diagnostics: [
      {
        code: 'lattice-auth',
        severity: 'warning',
        template: 'App.template.json',
        logicalId: 'S',
        constructPath: 'App/S',
        location: 'Properties.AuthType',
        undecided: true,
      },
    ],
  });
  expect(status).toBe(0);
});

test('a nested stack is read with what its parent passes, and what a template acknowledges is meant', () => {
  const parent = built.write(
    'P.template.json',
    template({
      N: {
        Type: 'AWS::CloudFormation::Stack',
        Properties: { Parameters: { Range: '0.0.0.0/0' } },
        Metadata: { 'aws:asset:path': 'N.nested.template.json' },
      },
    }),
  );
  const group = (metadata: unknown) => ({
    Type: 'AWS::EC2::SecurityGroup',
    Properties: { SecurityGroupEgress: [{ CidrIp: { Ref: 'Range' } }] },
    Metadata: metadata,
  });
  const acknowledged = [{ rule: 'open-egress', reason: 'It fetches keys.', expires: '2099-01-01' }];
  const nested = built.write(
    'N.nested.template.json',
    JSON.stringify({
      Parameters: { Range: { Type: 'String', Default: '10.0.0.0/16' } },
      Resources: { G: group({}), H: group({ 'zero-trust-platform': { acknowledged } }) },
    }),
  );
  const { stdout } = built.ztp(['check', '--json', '--template', parent, nested]);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; logicalId: string }[] };
  expect(diagnostics.map(({ code, logicalId }) => `${code} ${logicalId}`)).toEqual(['open-egress G']);
});

test.each([
  ['no template', built.write('not.json', '[]'), 'template-file-syntax'],
  ['no JSON', built.write('bad.json', '{'), 'template-file-syntax'],
  ['no file', 'missing.template.json', 'template-file-not-found'],
])('%s is an error', (_, file, code) => {
  const { status, stderr } = built.ztp(['check', '--template', file]);
  expect([status, stderr]).toEqual([1, expect.stringContaining(code)]);
});

test.each([
  [['check'], 'missing-argument'],
  [['check', 'model.ts', '--template', 'a.json'], 'conflicting-option'],
])('%s is wrong usage', (words, code) => {
  const { status, stderr } = built.ztp(words);
  expect([status, stderr]).toEqual([2, expect.stringContaining(code)]);
});
