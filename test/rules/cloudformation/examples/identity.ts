import { arn, at, type Examples, it, parameter, ref, resource, role } from './example.js';

const CONDITION = { Conditions: { C: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'x'] } } };
const sign = (more: Record<string, unknown> = {}) => ({
  Effect: 'Allow',
  Action: 'kms:Sign',
  Resource: '*',
  ...more,
});
const statementAt = (...path: (string | number)[]) => at('PolicyDocument', 'Statement', ...path);
const signingKey = (statements: unknown[] = []) =>
  resource('AWS::KMS::Key', {
    KeyUsage: 'SIGN_VERIFY',
    KeySpec: 'ECC_NIST_P256',
    KeyPolicy: { Statement: statements },
  });
const keyOf = (statements: unknown[]) =>
  it('AWS::KMS::Key', {
    KeyUsage: 'SIGN_VERIFY',
    KeySpec: 'ECC_NIST_P256',
    KeyPolicy: { Statement: statements },
  });
const ROLE = 'arn:aws:iam::111122223333:role/registration';
const ROOT = {
  Effect: 'Allow',
  Action: 'kms:*',
  Resource: '*',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
};
const nobodyBut = (condition: unknown) => ({
  Effect: 'Deny',
  Action: 'kms:Sign',
  Resource: '*',
  Principal: '*',
  Condition: condition,
});
const NOBODY_ELSE = nobodyBut({ ArnNotEquals: { 'aws:PrincipalArn': ROLE } });
const withKey = (statement: unknown, key: unknown) => ({
  Resources: { ...(role(statement)['Resources'] as object), K: key },
});

const GITHUB = 'token.actions.githubusercontent.com';
const trust = (
  condition: unknown,
  more: Record<string, unknown> = {},
  beside: Record<string, unknown> = {},
) =>
  it(
    'AWS::IAM::Role',
    {
      AssumeRolePolicyDocument: {
        Statement: {
          Effect: 'Allow',
          Action: 'sts:AssumeRoleWithWebIdentity',
          Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${GITHUB}` },
          ...(condition === undefined ? {} : { Condition: condition }),
          ...more,
        },
      },
    },
    beside,
  );
const SUB = `${GITHUB}:sub`;
const AUD = `${GITHUB}:aud`;
const MAIN = 'repo:acme/shop:ref:refs/heads/main';
const STS = 'sts.amazonaws.com';
const SIGN_IN = 'https://signin.aws.amazon.com/saml';
const saml = (condition: unknown, provider: unknown = 'arn:aws:iam::111122223333:saml-provider/p') =>
  trust(condition, { Action: 'sts:AssumeRoleWithSAML', Principal: { Federated: provider } });
const ANCHOR = 'arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a';
const anywhere = (condition: unknown) =>
  trust(condition, {
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Principal: { Service: 'rolesanywhere.amazonaws.com' },
  });
const conditionAt = (...path: (string | number)[]) =>
  at('AssumeRolePolicyDocument', 'Statement', 'Condition', ...path);

const pca = (mode: string | undefined) =>
  resource('AWS::ACMPCA::CertificateAuthority', { Type: 'ROOT', ...(mode ? { UsageMode: mode } : {}) });
const certificate = (more: Record<string, unknown>, mode: string | undefined = 'SHORT_LIVED_CERTIFICATE') =>
  it(
    'AWS::ACMPCA::Certificate',
    { CertificateAuthorityArn: arn('A'), CertificateSigningRequest: 'c', ...more },
    { A: pca(mode) },
  );
const template = (name: string) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:acm-pca:::template/${name}/V1` });

const pool = (mfa: string, beside: Record<string, unknown>) =>
  it('AWS::Cognito::UserPool', { MfaConfiguration: mfa }, beside);
const provider = (of: unknown) =>
  resource('AWS::Cognito::UserPoolIdentityProvider', {
    UserPoolId: of,
    ProviderName: 'p',
    ProviderType: 'OIDC',
  });

const store = (more: Record<string, unknown>, beside: Record<string, unknown> = {}) =>
  it('AWS::VerifiedPermissions::PolicyStore', more, beside);
const STRICT = { ValidationSettings: { Mode: 'STRICT' } };
const source = resource('AWS::VerifiedPermissions::IdentitySource', {
  PolicyStoreId: { 'Fn::GetAtt': ['It', 'PolicyStoreId'] },
});

export const identity: Readonly<Record<string, Examples>> = {
  'workload-signs': {
    violating: [
      ['kms:Sign', role(sign()), statementAt('Action')],
      ['in another case', role([sign({ Action: ['KMS:sign'] })])],
      ['every action of KMS', role(sign({ Action: 'kms:*' }))],
      ['a wildcard inside', role(sign({ Action: 'kms:S*' }))],
      ['one character open', role(sign({ Action: 'kms:Sig?' }))],
      ['everything', role(sign({ Action: '*' }))],
      ['everything but something else', role(sign({ Action: undefined, NotAction: ['iam:*', 's3:*'] }))],
      [
        'issuing',
        role(
          sign({
            Action: 'acm-pca:IssueCertificate',
            Resource: 'arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/a',
          }),
        ),
      ],
      [
        'one key by its ARN',
        role(sign({ Resource: 'arn:aws:kms:eu-west-1:111122223333:key/1' })),
        statementAt('Resource'),
      ],
      ['a signing key of the template', withKey(sign({ Action: 'kms:*', Resource: arn('K') }), signingKey())],
      ['a key that a function made', withKey(sign({ Resource: arn('K') }), resource('Custom::Key'))],
      [
        'a key of a stack that is elsewhere',
        withKey(
          sign({ Resource: { 'Fn::GetAtt': ['K', 'Outputs.KeyArn'] } }),
          resource('AWS::CloudFormation::Stack', { TemplateURL: 'https://b/t.json' }),
        ),
      ],
      ['every resource but a bucket', role(sign({ Resource: undefined, NotResource: 'arn:aws:s3:::b' }))],
      [
        'a condition',
        role(sign({ Condition: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } } })),
      ],
      [
        'inline in a role',
        it('AWS::IAM::Role', { Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: sign() } }] }),
      ],
      [
        'a managed policy of your own',
        it('AWS::IAM::ManagedPolicy', { PolicyDocument: { Statement: [sign()] } }),
      ],
      [
        'a policy as a text',
        it('AWS::IAM::RolePolicy', { PolicyDocument: JSON.stringify({ Statement: sign() }) }),
      ],
      [
        'a policy that AWS keeps',
        it('AWS::IAM::Role', { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
        at('ManagedPolicyArns', 0),
      ],
      [
        'the same by Fn::Join',
        it('AWS::IAM::Role', {
          ManagedPolicyArns: [
            { 'Fn::Join': ['', ['arn:', ref('AWS::Partition'), ':iam::aws:policy/AWSPrivateCAUser']] },
          ],
        }),
      ],
      [
        'a grant on a signing key',
        withKey(sign({ Action: 'kms:CreateGrant', Resource: arn('K') }), signingKey()),
      ],
      ['a grant on every key', role(sign({ Action: 'kms:CreateGrant' }))],
      [
        'the policy of a signing key',
        withKey(sign({ Action: 'kms:PutKeyPolicy', Resource: arn('K') }), signingKey([NOBODY_ELSE])),
      ],
      [
        'a key of a code that authenticates',
        withKey(
          sign({ Action: 'kms:GenerateMac', Resource: arn('K') }),
          resource('AWS::KMS::Key', { KeyUsage: 'GENERATE_VERIFY_MAC', KeySpec: 'HMAC_256' }),
        ),
      ],
      [
        'a replica',
        withKey(sign({ Resource: arn('K') }), resource('AWS::KMS::ReplicaKey', { PrimaryKeyArn: 'arn:k' })),
      ],
      [
        'a replica of a signing key of the template',
        {
          Resources: {
            ...(role(sign({ Action: 'kms:*', Resource: arn('K') }))['Resources'] as object),
            K: resource('AWS::KMS::ReplicaKey', { PrimaryKeyArn: arn('L') }),
            L: signingKey(),
          },
        },
      ],
      ...['StringNotEquals', 'StringEqualsIfExists', 'ForAllValues:StringEquals'].map(
        (operator) =>
          [
            `a condition on the service that others fulfil, ${operator}`,
            role(
              sign({
                Action: 'kms:*',
                Condition: { [operator]: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
              }),
            ),
          ] as const,
      ),
      [
        'no service between',
        role(sign({ Action: 'kms:*', Condition: { Null: { 'kms:ViaService': 'true' } } })),
      ],
      ...['arn:aws:iam::111122223333:role/*', 'arn:aws:iam::*:role/*', 'arn:*', '*'].map(
        (pattern) =>
          [
            `an authority that is every role, ${pattern}`,
            withKey(
              sign({ Resource: arn('K') }),
              signingKey([nobodyBut({ ArnNotLike: { 'aws:PrincipalArn': pattern } })]),
            ),
          ] as const,
      ),
      [
        "a key's own policy for everybody but one",
        keyOf([{ ...sign(), NotPrincipal: { AWS: 'arn:aws:iam::111122223333:user/x' } }]),
      ],
      [
        "a replica's own policy",
        it('AWS::KMS::ReplicaKey', {
          PrimaryKeyArn: 'arn:k',
          KeyPolicy: { Statement: [ROOT, { ...sign(), Principal: { AWS: ROLE } }] },
        }),
      ],
      [
        "a key's own policy that lets somebody grant",
        keyOf([ROOT, { ...sign({ Action: ['kms:CreateGrant'] }), Principal: { AWS: ROLE } }]),
      ],
      [
        'what the connector for Kubernetes has',
        it('AWS::IAM::Role', {
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/AWSPrivateCAConnectorForKubernetesPolicy'],
        }),
      ],
      ["a key's own policy", keyOf([ROOT, { ...sign(), Principal: { AWS: ROLE } }])],
    ],
    compliant: [
      ['verifying', role(sign({ Action: 'kms:Verify' })), statementAt('Action')],
      ['wildcards of others', role(sign({ Action: ['s3:*', 'kms:Decrypt*'] }))],
      ['a deny', role(sign({ Effect: 'Deny' })), statementAt('Effect')],
      [
        'everything, and signing denied',
        role([
          sign({ Action: '*' }),
          { Effect: 'Deny', Action: ['kms:Sign', 'acm-pca:IssueCertificate'], Resource: '*' },
        ]),
      ],
      ['everything but what signs', role(sign({ Action: undefined, NotAction: ['kms:*', 'acm-pca:*'] }))],
      [
        'every action on a bucket',
        role(sign({ Action: '*', Resource: 'arn:aws:s3:::b/*' })),
        statementAt('Resource'),
      ],
      [
        'every action on a bucket of the template',
        {
          Resources: {
            ...(role(sign({ Action: '*', Resource: [arn('B'), { 'Fn::Sub': '${B.Arn}/*' }] }))[
              'Resources'
            ] as object),
            B: resource('AWS::S3::Bucket'),
          },
        },
      ],
      [
        'a key that encrypts',
        withKey(sign({ Action: 'kms:*', Resource: arn('K') }), resource('AWS::KMS::Key', { KeyPolicy: {} })),
      ],
      [
        'what a service does for it',
        role(
          sign({
            Action: 'kms:*',
            Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
          }),
        ),
      ],
      [
        'a grant for a service of AWS',
        role(
          sign({
            Action: 'kms:CreateGrant',
            Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
          }),
        ),
        statementAt('Condition', 'Bool', 'kms:GrantIsForAWSResource'),
      ],
      [
        'a grant of what encrypts',
        role(
          sign({
            Action: 'kms:CreateGrant',
            Condition: { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'Decrypt'] } },
          }),
        ),
      ],
      [
        'a grant on one key that is elsewhere',
        role(
          sign({
            Action: 'kms:CreateGrant',
            Resource: { 'Fn::Sub': 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/1' },
          }),
        ),
      ],
      [
        'a grant on a key that encrypts',
        withKey(sign({ Action: 'kms:CreateGrant', Resource: arn('K') }), resource('AWS::KMS::Key', {})),
      ],
      [
        'a replica of a key that encrypts',
        {
          Resources: {
            ...(role(sign({ Action: 'kms:*', Resource: arn('K') }))['Resources'] as object),
            K: resource('AWS::KMS::ReplicaKey', { PrimaryKeyArn: arn('L') }),
            L: resource('AWS::KMS::Key', {}),
          },
        },
      ],
      [
        'a grant on an authority that all others are denied',
        withKey(sign({ Action: 'kms:CreateGrant', Resource: arn('K') }), signingKey([NOBODY_ELSE])),
      ],
      [
        'an authority by the beginning of its name',
        withKey(
          sign({ Resource: arn('K') }),
          signingKey([nobodyBut({ ArnNotLike: { 'aws:PrincipalArn': `${ROLE}-*` } })]),
        ),
      ],
      [
        'an authority of the template',
        {
          Resources: {
            ...(role(sign({ Resource: arn('K') }))['Resources'] as object),
            K: signingKey([nobodyBut({ ArnNotEquals: { 'aws:PrincipalArn': arn('R') } })]),
            R: resource('AWS::IAM::Role'),
          },
        },
      ],
      [
        'an authority that all others are denied',
        withKey(sign({ Resource: arn('K') }), signingKey([NOBODY_ELSE])),
      ],
      [
        "a key's own policy that denies it to all others",
        keyOf([ROOT, { ...sign(), Principal: { AWS: ROLE } }, NOBODY_ELSE]),
      ],
      ["a key's own policy that leaves it to IAM", keyOf([ROOT])],
      [
        'a policy that AWS keeps',
        it('AWS::IAM::Role', {
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
        }),
        at('ManagedPolicyArns', 0),
      ],
    ],
    undecided: [
      [
        'an authority from elsewhere',
        {
          ...withKey(
            sign({ Resource: arn('K') }),
            signingKey([nobodyBut({ ArnNotEquals: { 'aws:PrincipalArn': ref('P') } })]),
          ),
          ...parameter({}),
        },
      ],
      ['an action from elsewhere', { ...role(sign({ Action: ref('P') })), ...parameter({}) }],
      [
        'every action of a resource from elsewhere',
        { ...role(sign({ Action: '*', Resource: ref('P') })), ...parameter({}) },
      ],
      [
        'a policy from elsewhere',
        { ...it('AWS::IAM::Role', { ManagedPolicyArns: [ref('P')] }), ...parameter({}) },
      ],
      [
        'a document from elsewhere',
        it('AWS::IAM::ManagedPolicy', { PolicyDocument: { 'Fn::ImportValue': 'd' } }),
      ],
    ],
  },
  'federated-subject': {
    violating: [
      ['no condition', trust(undefined)],
      ['no subject', trust({ StringEquals: { [AUD]: STS } })],
      ['no audience', trust({ StringEquals: { [SUB]: MAIN } })],
      [
        'a whole organisation',
        trust({ StringEquals: { [AUD]: STS }, StringLike: { [SUB]: 'repo:acme/*' } }),
        conditionAt('StringLike', SUB),
      ],
      ['any branch', trust({ StringLike: { [SUB]: ['repo:acme/shop:*'], [AUD]: STS } })],
      [
        'one character open',
        trust({ StringEquals: { [AUD]: STS }, StringLike: { [SUB]: 'repo:acme/shop:ref:refs/heads/mai?' } }),
      ],
      [
        'any of a set by a pattern',
        trust({ StringEquals: { [AUD]: STS }, 'ForAnyValue:StringLike': { [SUB]: ['repo:acme/*'] } }),
      ],
      ['a token without the claim passes', trust({ StringEqualsIfExists: { [SUB]: MAIN, [AUD]: STS } })],
      [
        'all of no values',
        trust({ 'ForAllValues:StringEquals': { [SUB]: [MAIN] }, StringEquals: { [AUD]: STS } }),
      ],
      ['pull requests', trust({ StringEquals: { [SUB]: 'repo:acme/shop:pull_request', [AUD]: STS } })],
      ['not somebody', trust({ StringNotEquals: { [SUB]: MAIN }, StringEquals: { [AUD]: STS } })],
      [
        'an identity pool without its audience',
        trust(
          { 'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' } },
          { Principal: { Federated: 'cognito-identity.amazonaws.com' } },
        ),
      ],
      ['SAML without its audience', saml(undefined)],
      ['SAML for any audience', saml({ StringLike: { 'SAML:aud': '*' } })],
      [
        'SAML of the template without its audience',
        {
          Resources: {
            ...(saml(undefined, ref('P'))['Resources'] as object),
            P: resource('AWS::IAM::SAMLProvider'),
          },
        },
      ],
      ['every certificate', anywhere(undefined)],
      ['every certificate of a trust anchor', anywhere({ ArnEquals: { 'aws:SourceArn': ANCHOR } })],
      [
        'certificates of an organisation, as far as one says it',
        anywhere({ StringEqualsIfExists: { 'aws:PrincipalTag/x509Subject/O': 'acme' } }),
      ],
      ['a subject that the token says', trust({ StringEquals: { [SUB]: `\${${SUB}}`, [AUD]: STS } })],
      ['a subject that is empty', trust({ StringEquals: { [SUB]: '', [AUD]: STS } })],
      [
        'a document that is a text with holes',
        it('AWS::IAM::Role', {
          AssumeRolePolicyDocument: {
            'Fn::Sub': JSON.stringify({
              Statement: [
                {
                  Effect: 'Allow',
                  Action: 'sts:AssumeRoleWithWebIdentity',
                  Principal: { Federated: 'arn:aws:iam::${AWS::AccountId}:oidc-provider/p' },
                },
              ],
            }),
          },
        }),
      ],
      ['every action of STS', trust({ StringEquals: { [AUD]: STS } }, { Action: 'sts:*' })],
    ],
    compliant: [
      ['one branch', trust({ StringEquals: { [SUB]: MAIN, [AUD]: STS } }), conditionAt('StringEquals', SUB)],
      [
        'lists of one',
        trust({ StringEquals: { [SUB]: [MAIN], [AUD]: [STS] } }),
        conditionAt('StringEquals', AUD, 0),
      ],
      [
        'two branches',
        trust({ StringEquals: { [SUB]: [MAIN, 'repo:acme/shop:environment:production'], [AUD]: STS } }),
      ],
      ['a pattern without a wildcard', trust({ StringLike: { [SUB]: MAIN }, StringEquals: { [AUD]: STS } })],
      ['keys in another case', trust({ stringequals: { [SUB.toUpperCase()]: MAIN, [AUD]: STS } })],
      [
        'an identity pool',
        trust(
          { StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:1' } },
          { Principal: { Federated: 'cognito-identity.amazonaws.com' } },
        ),
      ],
      [
        'SAML for one user',
        saml({ StringEquals: { 'SAML:aud': SIGN_IN, 'SAML:sub': 'alice' } }),
        conditionAt('StringEquals', 'SAML:sub'),
      ],
      [
        'SAML for a group',
        saml({
          StringEquals: { 'SAML:aud': SIGN_IN },
          'ForAnyValue:StringEquals': { 'SAML:eduPersonAffiliation': ['staff'] },
        }),
      ],
      [
        'one certificate',
        anywhere({
          ArnEquals: { 'aws:SourceArn': ANCHOR },
          StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'orders' },
        }),
        conditionAt('StringEquals', 'aws:PrincipalTag/x509Subject/CN'),
      ],
      [
        'one SPIFFE ID',
        anywhere({ StringEquals: { 'aws:PrincipalTag/x509SAN/URI': 'spiffe://acme.example/orders' } }),
      ],
      [
        "Google's name of the audience",
        trust(
          { StringEquals: { 'accounts.google.com:oaud': 'c', 'accounts.google.com:sub': '1' } },
          { Principal: { Federated: 'accounts.google.com' } },
        ),
      ],
      [
        'a document that is a text with holes',
        it(
          'AWS::IAM::Role',
          {
            AssumeRolePolicyDocument: {
              'Fn::Sub': JSON.stringify({
                Statement: {
                  Effect: 'Allow',
                  Action: 'sts:AssumeRoleWithWebIdentity',
                  Principal: { Federated: '${O}' },
                  Condition: { StringEquals: { '${O}:sub': MAIN, '${O}:aud': STS } },
                },
              }),
            },
          },
          { O: resource('AWS::IAM::OIDCProvider') },
        ),
      ],
      [
        'a role of a service',
        trust(undefined, { Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }),
      ],
      [
        'keys that are tokens, as the CDK writes them',
        trust(
          { StringEquals: { 'Fn::GetAtt': ['J', 'Value'] } },
          {},
          {
            J: resource('Custom::AWSCDKCfnJson', {
              Value: {
                'Fn::Join': [
                  '',
                  [
                    '{"',
                    ref('O'),
                    ':sub":"system:serviceaccount:a:b","',
                    ref('O'),
                    ':aud":"sts.amazonaws.com"}',
                  ],
                ],
              },
            }),
            O: resource('AWS::IAM::OIDCProvider'),
          },
        ),
      ],
    ],
    undecided: [
      [
        'a subject from elsewhere',
        { ...trust({ StringEquals: { [SUB]: ref('P'), [AUD]: STS } }), ...parameter({}) },
      ],
      ['SAML for whom the provider says', saml({ StringEquals: { 'SAML:aud': SIGN_IN } })],
      [
        'a certificate from elsewhere',
        { ...anywhere({ StringEquals: { 'aws:PrincipalTag/x509Subject/CN': ref('P') } }), ...parameter({}) },
      ],
      [
        'a subject that a function answers',
        trust(
          { StringEquals: { [SUB]: { 'Fn::GetAtt': ['C', 'Sub'] }, [AUD]: STS } },
          {},
          { C: resource('Custom::Subject') },
        ),
      ],
      ['conditions from elsewhere', trust({ StringEquals: { 'Fn::ImportValue': 'c' } })],
      [
        'a document from elsewhere',
        it('AWS::IAM::Role', { AssumeRolePolicyDocument: { 'Fn::ImportValue': 'd' } }),
      ],
    ],
  },
  'short-lived-authority': {
    violating: [
      ['eight days', certificate({ Validity: { Type: 'DAYS', Value: 8 } }), at('Validity', 'Value')],
      ['a month', certificate({ Validity: { Type: 'MONTHS', Value: 1 } }), at('Validity', 'Type')],
      ['a year, as a text', certificate({ Validity: { Type: 'YEARS', Value: '1' } })],
      [
        'an issuing authority',
        certificate({
          TemplateArn: template('SubordinateCACertificate_PathLen0'),
          Validity: { Type: 'DAYS', Value: 5 },
        }),
      ],
      [
        'a certificate of ACM',
        it(
          'AWS::CertificateManager::Certificate',
          { DomainName: 'd', CertificateAuthorityArn: arn('A') },
          { A: pca('SHORT_LIVED_CERTIFICATE') },
        ),
      ],
    ],
    compliant: [
      ['seven days', certificate({ Validity: { Type: 'DAYS', Value: 7 } }), at('Validity', 'Value')],
      [
        'its own certificate',
        certificate({ TemplateArn: template('RootCACertificate'), Validity: { Type: 'YEARS', Value: 10 } }),
      ],
      [
        'an authority of general purpose',
        certificate({ Validity: { Type: 'YEARS', Value: 1 } }, 'GENERAL_PURPOSE'),
      ],
      [
        'an authority of the default mode',
        it(
          'AWS::ACMPCA::Certificate',
          { CertificateAuthorityArn: ref('A'), Validity: { Type: 'YEARS', Value: 1 } },
          { A: pca(undefined) },
        ),
      ],
      [
        'ACM with an authority of general purpose',
        it(
          'AWS::CertificateManager::Certificate',
          { CertificateAuthorityArn: arn('A') },
          { A: pca('GENERAL_PURPOSE') },
        ),
      ],
      ['ACM of its own', it('AWS::CertificateManager::Certificate', { DomainName: 'd' })],
    ],
    undecided: [
      [
        'a validity from elsewhere',
        { ...certificate({ Validity: { Type: 'DAYS', Value: ref('P') } }), ...parameter({ Type: 'Number' }) },
      ],
    ],
  },
  'federated-mfa': {
    violating: [
      ['a provider by Ref', pool('ON', { I: provider(ref('It')) }), at('MfaConfiguration')],
      ['by Fn::GetAtt', pool('ON', { I: provider({ 'Fn::GetAtt': ['It', 'UserPoolId'] }) })],
      ['by Fn::Sub', pool('ON', { I: provider({ 'Fn::Sub': '${It}' }) })],
      ['two', pool('ON', { I: provider(ref('It')), J: provider(ref('It')) })],
      [
        'under a condition',
        { ...pool('ON', { I: { ...provider(ref('It')), Condition: 'C' } }), ...CONDITION },
      ],
    ],
    compliant: [
      ['no provider', pool('ON', {}), at('MfaConfiguration')],
      ['a provider of another pool', pool('ON', { I: provider('eu-west-1_other') })],
      ['optional', pool('OPTIONAL', { I: provider(ref('It')) }), at('MfaConfiguration')],
      ['off', pool('OFF', { I: provider(ref('It')) })],
      ['by default', it('AWS::Cognito::UserPool', {}, { I: provider(ref('It')) })],
    ],
  },
  'policy-store': {
    violating: [
      ['off', store({ ValidationSettings: { Mode: 'OFF' } }), at('ValidationSettings', 'Mode')],
      ['no setting', store({})],
      ['two sources', store(STRICT, { A: source, B: source })],
      [
        'a large policy',
        it('AWS::VerifiedPermissions::Policy', {
          Definition: { Static: { Statement: `permit(${'x'.repeat(10_000)})` } },
        }),
      ],
      ['a large schema', store({ ...STRICT, Schema: { CedarJson: `{"a":"${'x'.repeat(100_000)}"}` } })],
    ],
    compliant: [
      ['strict', store(STRICT), at('ValidationSettings', 'Mode')],
      ['one source', store(STRICT, { A: source })],
      [
        'a source of another store',
        store(STRICT, {
          A: source,
          B: resource('AWS::VerifiedPermissions::IdentitySource', { PolicyStoreId: 'other' }),
        }),
      ],
      [
        'a policy',
        it('AWS::VerifiedPermissions::Policy', {
          Definition: { Static: { Statement: 'permit(principal, action, resource);' } },
        }),
      ],
      ['a schema', store({ ...STRICT, Schema: { CedarJson: '{}' } })],
    ],
    undecided: [
      [
        'a parameter without a default',
        { ...store({ ValidationSettings: { Mode: ref('P') } }), ...parameter({}) },
      ],
    ],
  },
};
