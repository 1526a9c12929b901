import { at, type Examples, it, parameter, ref, resource } from './example.js';

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const listener = (more: Record<string, unknown>) =>
  it(LISTENER, { Port: 443, Protocol: 'HTTPS', Certificates: [{ CertificateArn: 'arn:c' }], ...more });
const FORWARD = [{ Type: 'forward', TargetGroupArn: 't' }];
const REDIRECT = [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', StatusCode: 'HTTP_301' } }];
const plain = (actions: unknown, beside = {}) =>
  it(LISTENER, { Port: 80, Protocol: 'HTTP', DefaultActions: actions }, beside);
const listenerRule = (actions: unknown, of: unknown = ref('It')) =>
  resource('AWS::ElasticLoadBalancingV2::ListenerRule', { ListenerArn: of, Actions: actions });
const lattice = (more: Record<string, unknown>, beside = {}) =>
  it('AWS::VpcLattice::Listener', { ServiceIdentifier: 's', ...more }, beside);
const classic = (more: Record<string, unknown>, attributes?: unknown) =>
  it('AWS::ElasticLoadBalancing::LoadBalancer', {
    Listeners: [{ LoadBalancerPort: '443', InstancePort: '443', PolicyNames: ['p'], ...more }],
    ...(attributes === undefined
      ? {}
      : { Policies: [{ PolicyName: 'p', PolicyType: 'SSLNegotiationPolicyType', Attributes: attributes }] }),
  });
const reference = (policy: unknown) => [{ Name: 'Reference-Security-Policy', Value: policy }];
const MODERN = 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09';
const OLD = 'ELBSecurityPolicy-2016-08';
const CONDITION = { Conditions: { C: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'x'] } } };

const METHOD = 'AWS::ApiGateway::Method';
const api = resource('AWS::ApiGateway::RestApi', { Name: 'a' });
const method = (more: Record<string, unknown>, beside = {}) =>
  it(METHOD, { HttpMethod: 'GET', RestApiId: ref('Api'), ResourceId: 'r', ...more }, { Api: api, ...beside });
const http = resource('AWS::ApiGatewayV2::Api', { Name: 'a', ProtocolType: 'HTTP' });
const socket = resource('AWS::ApiGatewayV2::Api', { Name: 'a', ProtocolType: 'WEBSOCKET' });
const route = (more: Record<string, unknown>, of = http) =>
  it('AWS::ApiGatewayV2::Route', { ApiId: ref('Api'), RouteKey: 'GET /a', ...more }, { Api: of });
const described = (operation: unknown, more: Record<string, unknown> = {}, verb = 'get', path = '/a') =>
  it('AWS::ApiGatewayV2::Api', {
    Body: { openapi: '3.0.1', paths: { [path]: { [verb]: operation } }, ...more },
  });
const referring = (reference: string) =>
  it('AWS::ApiGateway::RestApi', {
    Body: { paths: { '/a': { $ref: reference } }, 'x-paths': { a: { get: {} } } },
  });
const INCLUDED = { 'Fn::Transform': { Name: 'AWS::Include', Parameters: { Location: 's3://b/paths' } } };
const schemes = (type: string) => ({
  components: { securitySchemes: { s: { type: 'oauth2', 'x-amazon-apigateway-authorizer': { type } } } },
});

const keyBeside = {
  components: {
    securitySchemes: { k: { type: 'apiKey' }, ...schemes('request').components.securitySchemes },
  },
};

const jwt = (config: unknown, type = 'jwt-validation') =>
  listener({ SslPolicy: MODERN, DefaultActions: [{ Type: type, Order: 1, JwtValidationConfig: config }] });
const KEYS = { Issuer: 'https://i.example', JwksEndpoint: 'https://i.example/jwks' };
const claim = (name: string, values: unknown = ['shop']) => ({
  Name: name,
  Format: 'single-string',
  Values: values,
});

const rest = (more: Record<string, unknown>) =>
  it('AWS::ApiGateway::Authorizer', { Name: 'a', RestApiId: 'x', Type: 'REQUEST', ...more });
const lambda = (more: Record<string, unknown>) =>
  it('AWS::ApiGatewayV2::Authorizer', { Name: 'a', ApiId: 'x', AuthorizerType: 'REQUEST', ...more });
const TTL = 'AuthorizerResultTtlInSeconds';
const TOKEN = 'method.request.header.Authorization';
/** An authorizer of an HTTP API that a route asks. */
const asked = (key: unknown, ...sources: string[]) =>
  it(
    'AWS::ApiGatewayV2::Authorizer',
    {
      ApiId: 'x',
      AuthorizerType: 'REQUEST',
      [TTL]: 300,
      IdentitySource: ['$request.header.Authorization', ...sources],
    },
    {
      R: resource('AWS::ApiGatewayV2::Route', {
        ApiId: 'x',
        RouteKey: key,
        AuthorizationType: 'CUSTOM',
        AuthorizerId: ref('It'),
      }),
    },
  );
/** An authorizer of a REST API that a method of a path asks. */
const askedAt = (part: unknown, sources: string) =>
  it(
    'AWS::ApiGateway::Authorizer',
    { RestApiId: 'x', Type: 'REQUEST', IdentitySource: sources },
    {
      P: resource('AWS::ApiGateway::Resource', { PathPart: part }),
      M: resource('AWS::ApiGateway::Method', {
        HttpMethod: 'ANY',
        ResourceId: ref('P'),
        AuthorizationType: 'CUSTOM',
        AuthorizerId: ref('It'),
      }),
    },
  );
/** An API whose authorizer its description has. */
const inOpenApi = (type: string, authorizer: unknown, path = '/a') =>
  it(type, {
    Body: {
      paths: { [path]: { get: { security: [{ s: [] }] } } },
      components: { securitySchemes: { s: { 'x-amazon-apigateway-authorizer': authorizer } } },
    },
  });
const CACHED = ['components', 'securitySchemes', 's', 'x-amazon-apigateway-authorizer'];
const [REST_API, HTTP_API] = ['AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api'] as const;

export const edge: Readonly<Record<string, Examples>> = {
  'listener-tls-policy': {
    violating: [
      ['no policy', listener({})],
      ['the old default', listener({ SslPolicy: OLD }), at('SslPolicy')],
      ['TLS 1.0 beside 1.3', listener({ SslPolicy: 'ELBSecurityPolicy-TLS13-1-0-2021-06' })],
      ['an extended policy', listener({ SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06' })],
      ['no forward secrecy', listener({ SslPolicy: 'ELBSecurityPolicy-TLS-1-2-2017-01' })],
      ['TLS of a network load balancer', listener({ Protocol: 'TLS', SslPolicy: OLD }), at('Protocol')],
      [
        'a certificate and no protocol',
        it(LISTENER, { Port: 443, Certificates: [{ CertificateArn: 'arn:c' }] }),
      ],
      [
        'plain HTTP of a classic load balancer',
        classic({ Protocol: 'HTTP' }),
        at('Listeners', 0, 'Protocol'),
      ],
      ['a classic load balancer without a policy', classic({ Protocol: 'HTTPS' })],
      [
        'a classic load balancer with an old policy',
        classic({ Protocol: 'SSL' }, reference('ELBSecurityPolicy-2016-08')),
        at('Policies', 0, 'Attributes', 0, 'Value'),
      ],
      [
        'a policy of your own for TLS 1.0',
        classic({ Protocol: 'HTTPS' }, [{ Name: 'Protocol-TLSv1', Value: 'true' }]),
        at('Policies', 0, 'Attributes', 0, 'Value'),
      ],
      [
        'a policy that no listener names',
        classic({ Protocol: 'HTTPS', PolicyNames: [] }, reference('ELBSecurityPolicy-TLS-1-2-2017-01')),
      ],
      ['plain HTTP that hands on', plain(FORWARD), at('Protocol')],
      ['one action that stands for a list', plain(FORWARD[0])],
      ['a rule that hands on what the listener redirects', plain(REDIRECT, { R: listenerRule(FORWARD) })],
      ['plain HTTP of VPC Lattice', lattice({ Protocol: 'HTTP', DefaultAction: { Forward: {} } })],
      [
        'a rule of VPC Lattice',
        lattice(
          { Protocol: 'HTTP', DefaultAction: { FixedResponse: { StatusCode: 404 } } },
          {
            R: resource('AWS::VpcLattice::Rule', { ListenerIdentifier: ref('It'), Action: { Forward: {} } }),
          },
        ),
      ],
      [
        'only where a condition holds',
        { ...listener({ SslPolicy: { 'Fn::If': ['C', MODERN, { Ref: 'AWS::NoValue' }] } }), ...CONDITION },
      ],
      [
        'one of the values that are allowed',
        {
          ...listener({ SslPolicy: ref('P') }),
          ...parameter({ Default: MODERN, AllowedValues: [MODERN, OLD] }),
        },
      ],
    ],
    compliant: [
      ['a modern policy', listener({ SslPolicy: MODERN }), at('SslPolicy')],
      ['TLS 1.3 alone', listener({ SslPolicy: 'ELBSecurityPolicy-TLS13-1-3-2021-06' })],
      ['the policy that the CDK recommends', listener({ SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' })],
      ['FIPS', listener({ SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04' })],
      ['forward secrecy of TLS 1.2', listener({ SslPolicy: 'ELBSecurityPolicy-FS-1-2-Res-2020-10' })],
      [
        'a classic load balancer with TLS 1.2',
        classic({ Protocol: 'HTTPS' }, reference('ELBSecurityPolicy-TLS-1-2-2017-01')),
        at('Policies', 0, 'Attributes', 0, 'Value'),
      ],
      [
        'a policy of your own for TLS 1.2',
        classic({ Protocol: 'HTTPS' }, [
          { Name: 'Protocol-TLSv1', Value: 'false' },
          { Name: 'Protocol-TLSv1.2', Value: 'true' },
        ]),
      ],
      ['TCP of a classic load balancer', classic({ Protocol: 'TCP' })],
      ['plain HTTP that redirects', plain(REDIRECT), at('DefaultActions', 0, 'Type')],
      ['plain HTTP that answers by itself', plain([{ Type: 'fixed-response' }])],
      ['a rule of another listener', plain(REDIRECT, { R: listenerRule(FORWARD, 'arn:other') })],
      ['a rule that redirects too', plain(REDIRECT, { R: listenerRule(REDIRECT) })],
      [
        'VPC Lattice with TLS',
        lattice({ Protocol: 'HTTPS', DefaultAction: { Forward: {} } }),
        at('Protocol'),
      ],
      [
        'VPC Lattice that answers by itself',
        lattice({ Protocol: 'HTTP', DefaultAction: { FixedResponse: { StatusCode: 404 } } }),
      ],
      [
        'forward secrecy of TLS 1.2 since 2019',
        listener({ SslPolicy: 'ELBSecurityPolicy-FS-1-2-Res-2019-08' }),
      ],
      ['TCP that is passed through', it(LISTENER, { Port: 443, Protocol: 'TCP' })],
      [
        'HTTPS and its policy under one condition',
        {
          ...it(LISTENER, {
            Port: 443,
            Protocol: { 'Fn::If': ['C', 'HTTPS', 'HTTP'] },
            DefaultActions: { 'Fn::If': ['C', FORWARD, REDIRECT] },
            SslPolicy: { 'Fn::If': ['C', MODERN, { Ref: 'AWS::NoValue' }] },
          }),
          ...CONDITION,
        },
      ],
    ],
    undecided: [
      ['a parameter without a default', { ...listener({ SslPolicy: ref('P') }), ...parameter({}) }],
      [
        'a protocol of a classic load balancer from elsewhere',
        { ...classic({ Protocol: ref('P') }), ...parameter({}) },
      ],
      [
        'a policy of a classic load balancer from elsewhere',
        { ...classic({ Protocol: 'HTTPS' }, reference(ref('P'))), ...parameter({}) },
      ],
      ['plain HTTP with actions from elsewhere', plain({ 'Fn::ImportValue': 'actions' })],
      ['an import', listener({ SslPolicy: { 'Fn::ImportValue': 'policy' } })],
      ['a dynamic reference', listener({ SslPolicy: '{{resolve:ssm:/policy}}' })],
      [
        'a parameter of Systems Manager',
        {
          ...listener({ SslPolicy: ref('P') }),
          Parameters: { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/policy' } },
        },
      ],
    ],
  },
  'balancer-jwt': {
    violating: [
      ['no further claim', jwt(KEYS)],
      ['an empty list of claims', jwt({ ...KEYS, AdditionalClaims: [] })],
      ['another claim', jwt({ ...KEYS, AdditionalClaims: [claim('scope')] })],
      ['an audience without values', jwt({ ...KEYS, AdditionalClaims: [claim('aud', [])] })],
      [
        'keys by http',
        jwt({ ...KEYS, JwksEndpoint: 'http://i.example/jwks', AdditionalClaims: [claim('aud')] }),
        at('DefaultActions', 0, 'JwtValidationConfig', 'JwksEndpoint'),
      ],
      [
        'eleven claims',
        jwt({
          ...KEYS,
          AdditionalClaims: Array.from({ length: 10 }, (_, n) => claim(`c${n}`)).concat(claim('aud')),
        }),
      ],
      [
        'in a rule of the listener',
        it('AWS::ElasticLoadBalancingV2::ListenerRule', {
          Actions: [{ Type: 'jwt-validation', JwtValidationConfig: KEYS }],
        }),
      ],
    ],
    compliant: [
      [
        'an audience',
        jwt({ ...KEYS, AdditionalClaims: [claim('aud')] }),
        at('DefaultActions', 0, 'JwtValidationConfig', 'AdditionalClaims', 0, 'Name'),
      ],
      ['a client', jwt({ ...KEYS, AdditionalClaims: [claim('client_id', 'web')] })],
      ['one value that stands for a list', jwt({ ...KEYS, AdditionalClaims: claim('aud', 'shop') })],
      [
        'an audience that a parameter names',
        { ...jwt({ ...KEYS, AdditionalClaims: [claim('aud', ref('P'))] }), ...parameter({}) },
      ],
      [
        'no token at all',
        listener({ SslPolicy: MODERN, DefaultActions: [{ Type: 'forward', TargetGroupArn: 't' }] }),
      ],
      [
        'in a rule of the listener',
        it('AWS::ElasticLoadBalancingV2::ListenerRule', {
          Actions: [
            { Type: 'jwt-validation', JwtValidationConfig: { ...KEYS, AdditionalClaims: [claim('aud')] } },
          ],
        }),
      ],
    ],
    undecided: [
      ['claims from elsewhere', jwt({ ...KEYS, AdditionalClaims: { 'Fn::ImportValue': 'claims' } })],
    ],
  },
  'unauthenticated-route': {
    violating: [
      ['a method of the type NONE', method({ AuthorizationType: 'NONE' }), at('AuthorizationType')],
      ['a method of no type', method({})],
      ['a key in place of an authorizer', method({ AuthorizationType: 'NONE', ApiKeyRequired: true })],
      ['a route of the type NONE', route({ AuthorizationType: 'NONE' })],
      ['a route of no type', route({})],
      ['$default', route({ RouteKey: '$default' })],
      ['where a WebSocket connects', route({ RouteKey: '$connect' }, socket)],
      [
        'an API with a target and no route',
        it('AWS::ApiGatewayV2::Api', { ProtocolType: 'HTTP', Target: 'arn:f' }),
      ],
      ['OpenAPI without security', described({ 'x-amazon-apigateway-integration': {} })],
      [
        'OpenAPI with a way around it, said last',
        described({ security: [{ s: [] }, {}] }, schemes('request')),
      ],
      ['OpenAPI with a way around it', described({ security: [{}, { s: [] }] }, schemes('request'))],
      [
        'OpenAPI with a key',
        described({ security: [{ k: [] }] }, { components: { securitySchemes: { k: { type: 'apiKey' } } } }),
      ],
      ['OpenAPI with a path that another place has', referring('#/x-paths/a')],
      ['a verb in small letters', route({ RouteKey: 'get /a' })],
      [
        "a function's own address",
        it('AWS::Lambda::Url', { AuthType: 'NONE', TargetFunctionArn: 'f' }),
        at('AuthType'),
      ],
    ],
    compliant: [
      [
        'an authorizer of your own',
        method({ AuthorizationType: 'CUSTOM', AuthorizerId: 'a' }),
        at('AuthorizationType'),
      ],
      ['IAM', method({ AuthorizationType: 'AWS_IAM' })],
      ['a user pool', method({ AuthorizationType: 'COGNITO_USER_POOLS', AuthorizationScopes: ['s'] })],
      ['a preflight', method({ HttpMethod: 'OPTIONS', AuthorizationType: 'NONE' }), at('HttpMethod')],
      ['a route with JWT', route({ AuthorizationType: 'JWT', AuthorizationScopes: ['s'] })],
      ['a message of a WebSocket', route({ RouteKey: 'send' }, socket)],
      ['$default of a WebSocket', route({ RouteKey: '$default' }, socket)],
      ['OpenAPI with an authorizer', described({ security: [{ s: [] }] }, schemes('request'))],
      ['OpenAPI with a key and an authorizer', described({ security: [{ k: [], s: [] }] }, keyBeside)],
      ['the same in two requirements', described({ security: [{ k: [] }, { s: [] }] }, keyBeside)],
      ['OpenAPI with security for all', described({}, { ...schemes('token'), security: [{ s: [] }] })],
      ['OpenAPI with IAM', described({ 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } })],
      [
        "a function's own address with IAM",
        it('AWS::Lambda::Url', { AuthType: 'AWS_IAM', TargetFunctionArn: 'f' }),
      ],
    ],
    undecided: [
      ['a parameter without a default', { ...method({ AuthorizationType: ref('P') }), ...parameter({}) }],
      [
        'OpenAPI that is included',
        it('AWS::ApiGateway::RestApi', {
          Body: { 'Fn::Transform': { Name: 'AWS::Include', Parameters: {} } },
        }),
      ],
      ['paths that are included', it('AWS::ApiGateway::RestApi', { Body: { paths: INCLUDED } })],
      ['a path that is included', it('AWS::ApiGateway::RestApi', { Body: { paths: { '/a': INCLUDED } } })],
      ['more that is included', it('AWS::ApiGateway::RestApi', { Body: { openapi: '3.0.1', ...INCLUDED } })],
      ['a path that is elsewhere', referring('https://b/paths.json')],
      ['OpenAPI as YAML', it('AWS::ApiGateway::RestApi', { Body: 'paths: { /a: { get: {} } }' })],
      ['a copy of another API', it('AWS::ApiGateway::RestApi', { CloneFrom: 'a' })],
      ['OpenAPI in a bucket', it('AWS::ApiGateway::RestApi', { BodyS3Location: { Bucket: 'b', Key: 'k' } })],
    ],
  },
  'greedy-route': {
    violating: [
      [
        'ANY without an authorizer',
        method({ HttpMethod: 'ANY', AuthorizationType: 'NONE' }),
        at('HttpMethod'),
      ],
      [
        'ANY with a check of the token alone',
        method({ HttpMethod: 'ANY', AuthorizationType: 'COGNITO_USER_POOLS' }),
      ],
      [
        'a greedy path',
        method(
          { AuthorizationType: 'NONE', ResourceId: ref('R') },
          { R: resource('AWS::ApiGateway::Resource', { PathPart: '{proxy+}' }) },
        ),
      ],
      ['$default with JWT', route({ RouteKey: '$default', AuthorizationType: 'JWT' }), at('RouteKey')],
      ['a greedy route', route({ RouteKey: 'GET /files/{path+}', AuthorizationType: 'JWT' })],
      ['ANY of a route', route({ RouteKey: 'ANY /orders' })],
      [
        'an API with a target and no route',
        it('AWS::ApiGatewayV2::Api', { ProtocolType: 'HTTP', Target: 'arn:f' }),
      ],
      ['any method of OpenAPI', described({}, {}, 'x-amazon-apigateway-any-method')],
      ['a greedy path of OpenAPI', described({}, {}, 'get', '/{proxy+}')],
    ],
    compliant: [
      ['a method and its path', method({ AuthorizationType: 'NONE' })],
      ['a preflight of a greedy path', route({ RouteKey: 'OPTIONS /{proxy+}' })],
      ['ANY behind an authorizer of your own', method({ HttpMethod: 'ANY', AuthorizationType: 'CUSTOM' })],
      [
        'a greedy path behind an authorizer of your own',
        method(
          { AuthorizationType: 'CUSTOM', ResourceId: ref('R') },
          { R: resource('AWS::ApiGateway::Resource', { PathPart: '{proxy+}' }) },
        ),
        at('AuthorizationType'),
      ],
      [
        'the root of the API',
        method({ AuthorizationType: 'NONE', ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] } }),
      ],
      ['$default behind IAM', route({ RouteKey: '$default', AuthorizationType: 'AWS_IAM' })],
      ['one segment', route({ RouteKey: 'GET /files/{path}', AuthorizationType: 'JWT' }), at('RouteKey')],
      ['$default of a WebSocket', route({ RouteKey: '$default' }, socket)],
      ['a method of OpenAPI', described({}, {}, 'get', '/a/{id}')],
    ],
    undecided: [
      ['a route from elsewhere', { ...route({ RouteKey: ref('P') }), ...parameter({}) }],
      [
        'a path from elsewhere',
        {
          ...method({ AuthorizationType: 'COGNITO_USER_POOLS', ResourceId: ref('P') }),
          ...parameter({}),
        },
      ],
      [
        'a path of another stack',
        method({ AuthorizationType: 'NONE', ResourceId: { 'Fn::ImportValue': 'resource' } }),
      ],
      ['a method from elsewhere', { ...method({ HttpMethod: ref('P') }), ...parameter({}) }],
      [
        'a parameter without a default',
        { ...method({ HttpMethod: 'ANY', AuthorizationType: ref('P') }), ...parameter({}) },
      ],
    ],
  },
  'route-without-scopes': {
    violating: [
      ['JWT without scopes', route({ AuthorizationType: 'JWT' }), at('AuthorizationType')],
      ['an empty list', route({ AuthorizationType: 'JWT', AuthorizationScopes: [] })],
      [
        'a list of nothing',
        route({ AuthorizationType: 'JWT', AuthorizationScopes: [{ Ref: 'AWS::NoValue' }] }),
      ],
      [
        'an empty list in a parameter',
        {
          ...route({ AuthorizationType: 'JWT', AuthorizationScopes: ref('P') }),
          Parameters: { P: { Type: 'CommaDelimitedList', Default: '' } },
        },
      ],
      ['a user pool without scopes', method({ AuthorizationType: 'COGNITO_USER_POOLS' })],
      ['OpenAPI with JWT', described({ security: [{ s: [] }] }, schemes('jwt'))],
      [
        'only where a condition holds',
        {
          ...route({
            AuthorizationType: 'JWT',
            AuthorizationScopes: { 'Fn::If': ['C', ['s'], { Ref: 'AWS::NoValue' }] },
          }),
          ...CONDITION,
        },
      ],
    ],
    compliant: [
      ['a scope', route({ AuthorizationType: 'JWT', AuthorizationScopes: ['s'] }), at('AuthorizationType')],
      ['one that stands for a list', route({ AuthorizationType: 'JWT', AuthorizationScopes: 's' })],
      [
        'a user pool with a scope',
        method({ AuthorizationType: 'COGNITO_USER_POOLS', AuthorizationScopes: ['s'] }),
        at('AuthorizationScopes', 0),
      ],
      ['an authorizer of your own', route({ AuthorizationType: 'CUSTOM' })],
      ['OpenAPI with a scope', described({ security: [{ s: ['orders:read'] }] }, schemes('jwt'))],
      [
        'a list in a parameter',
        {
          ...route({ AuthorizationType: 'JWT', AuthorizationScopes: ref('P') }),
          Parameters: { P: { Type: 'CommaDelimitedList', Default: 'a,b' } },
        },
      ],
    ],
    undecided: [
      [
        'a parameter without a default',
        { ...route({ AuthorizationType: 'JWT', AuthorizationScopes: [ref('P')] }), ...parameter({}) },
      ],
    ],
  },
  'authorizer-cache': {
    violating: [
      [
        'a token authorizer, by default',
        rest({ Type: 'TOKEN', IdentitySource: 'method.request.header.Authorization' }),
      ],
      ['a token authorizer with a cache', rest({ Type: 'TOKEN', [TTL]: 60 }), at(TTL)],
      [
        'keyed on the token',
        rest({ [TTL]: 300, IdentitySource: 'method.request.header.Authorization' }),
        at('IdentitySource'),
      ],
      [
        'keyed on token and method',
        rest({ [TTL]: 300, IdentitySource: 'method.request.header.Authorization,context.httpMethod' }),
      ],
      [
        'keyed on token and path',
        rest({ IdentitySource: 'method.request.header.Authorization, context.path' }),
      ],
      ['an HTTP API', lambda({ [TTL]: 300, IdentitySource: ['$request.header.Authorization'] }), at(TTL)],
      ['an HTTP API with no source', lambda({ [TTL]: 300 })],
      [
        'an HTTP API, one source that stands for a list',
        lambda({ [TTL]: '300', IdentitySource: '$request.header.Authorization' }),
      ],
      [
        'keyed on the operation, without the token',
        rest({ [TTL]: 300, IdentitySource: 'context.path,context.httpMethod' }),
        at('IdentitySource'),
      ],
      [
        'an HTTP API by route, without the token',
        lambda({ [TTL]: 300, IdentitySource: ['$context.routeKey'] }),
      ],
      [
        'an HTTP API by method and path, without the token',
        lambda({ [TTL]: 300, IdentitySource: ['$context.httpMethod', '$context.path'] }),
      ],
      ['by route, of which $default is one', asked('$default', '$context.routeKey')],
      ['by route, of which a greedy one is one', asked('GET /{proxy+}', '$context.routeKey')],
      ['by route, of which ANY is one', asked('ANY /a', '$context.routeKey')],
      [
        'by resource, which is greedy',
        askedAt('{proxy+}', `${TOKEN},context.resourcePath,context.httpMethod`),
      ],
      [
        'OpenAPI, a token',
        inOpenApi(REST_API, { type: 'token', authorizerResultTtlInSeconds: 300 }),
        at('Body', ...CACHED, 'authorizerResultTtlInSeconds'),
      ],
      ['OpenAPI, a token by default', inOpenApi(REST_API, { type: 'token' })],
      [
        'OpenAPI 2, a token',
        it(REST_API, {
          Body: { securityDefinitions: { s: { 'x-amazon-apigateway-authorizer': { type: 'token' } } } },
        }),
      ],
      [
        'OpenAPI of an HTTP API',
        inOpenApi(HTTP_API, {
          type: 'request',
          identitySource: '$request.header.Authorization',
          authorizerResultTtlInSeconds: 300,
        }),
      ],
      [
        'OpenAPI of an HTTP API by route, of which $default is one',
        inOpenApi(
          HTTP_API,
          {
            type: 'request',
            identitySource: '$request.header.Authorization, $context.routeKey',
            authorizerResultTtlInSeconds: 300,
          },
          '/$default',
        ),
      ],
    ],
    compliant: [
      ['no cache', rest({ Type: 'TOKEN', [TTL]: 0 }), at(TTL)],
      [
        'the whole operation',
        rest({
          [TTL]: 300,
          IdentitySource: 'method.request.header.Authorization,context.httpMethod,context.path',
        }),
        at('IdentitySource'),
      ],
      [
        'the resource and the method',
        rest({
          IdentitySource: 'method.request.header.Authorization, context.resourcePath, context.httpMethod',
        }),
      ],
      ['an HTTP API, by default', lambda({ IdentitySource: ['$request.header.Authorization'] })],
      [
        'an HTTP API by route',
        lambda({ [TTL]: 300, IdentitySource: ['$request.header.Authorization', '$context.routeKey'] }),
      ],
      [
        'an HTTP API by method and path',
        lambda({
          [TTL]: 300,
          IdentitySource: ['$request.header.Authorization', '$context.httpMethod', '$context.path'],
        }),
      ],
      ['by route, each of one operation', asked('GET /a/{id}', '$context.routeKey')],
      [
        'by method and path, whatever the routes are',
        asked('$default', '$context.httpMethod', '$context.path'),
      ],
      [
        'by path and method of a greedy resource',
        askedAt('{proxy+}', `${TOKEN},context.path,context.httpMethod`),
      ],
      ['by resource, which is one', askedAt('{id}', `${TOKEN},context.resourcePath,context.httpMethod`)],
      [
        'by the certificate of the client',
        rest({ IdentitySource: 'context.identity.clientCert.subjectDN,context.path,context.httpMethod' }),
      ],
      ['OpenAPI without a cache', inOpenApi(REST_API, { type: 'token', authorizerResultTtlInSeconds: 0 })],
      [
        'OpenAPI by the whole operation',
        inOpenApi(REST_API, {
          type: 'request',
          identitySource: `${TOKEN}, context.httpMethod, context.path`,
        }),
      ],
      ['OpenAPI of an HTTP API, by default', inOpenApi(HTTP_API, { type: 'request' })],
      ['OpenAPI with a user pool', inOpenApi(REST_API, { type: 'cognito_user_pools' })],
      ['a user pool', rest({ Type: 'COGNITO_USER_POOLS', ProviderARNs: ['p'] })],
      ['JWT', lambda({ AuthorizerType: 'JWT', IdentitySource: ['$request.header.Authorization'] })],
    ],
    undecided: [
      ['by a route from elsewhere', { ...asked(ref('P'), '$context.routeKey'), ...parameter({}) }],
      [
        'a parameter without a default',
        { ...rest({ Type: 'TOKEN', [TTL]: ref('P') }), ...parameter({ Type: 'Number' }) },
      ],
      ['sources from elsewhere', rest({ [TTL]: 300, IdentitySource: { 'Fn::ImportValue': 'sources' } })],
    ],
  },
  'http-api-limits': {
    violating: [
      ['a cache of two hours', lambda({ [TTL]: 7200, IdentitySource: ['$context.routeKey'] }), at(TTL)],
      [
        'simple responses in format 1.0',
        lambda({ EnableSimpleResponses: true, AuthorizerPayloadFormatVersion: '1.0' }),
        at('EnableSimpleResponses'),
      ],
      ['simple responses without a format', lambda({ EnableSimpleResponses: 'true' })],
      [
        'JWT without an audience',
        lambda({ AuthorizerType: 'JWT', JwtConfiguration: { Issuer: 'https://i.example' } }),
      ],
      [
        'fifty-one audiences',
        lambda({
          AuthorizerType: 'JWT',
          JwtConfiguration: { Audience: Array.from({ length: 51 }, (_, n) => `a${n}`) },
        }),
      ],
      [
        'an integration of a minute',
        it('AWS::ApiGatewayV2::Integration', { ApiId: 'x', TimeoutInMillis: 60_000 }),
        at('TimeoutInMillis'),
      ],
      [
        'eleven authorizers',
        it(
          'AWS::ApiGatewayV2::Api',
          { ProtocolType: 'HTTP' },
          Object.fromEntries(
            Array.from({ length: 11 }, (_, n) => [
              `A${n}`,
              resource('AWS::ApiGatewayV2::Authorizer', { ApiId: ref('It'), AuthorizerType: 'REQUEST' }),
            ]),
          ),
        ),
      ],
    ],
    compliant: [
      ['an hour', lambda({ [TTL]: 3600, IdentitySource: ['$context.routeKey'] }), at(TTL)],
      [
        'simple responses in format 2.0',
        lambda({ EnableSimpleResponses: true, AuthorizerPayloadFormatVersion: '2.0' }),
        at('EnableSimpleResponses'),
      ],
      [
        'no simple responses',
        lambda({ EnableSimpleResponses: 'false', AuthorizerPayloadFormatVersion: '1.0' }),
      ],
      ['JWT with an audience', lambda({ AuthorizerType: 'JWT', JwtConfiguration: { Audience: 'shop' } })],
      [
        'an integration of 29 seconds',
        it('AWS::ApiGatewayV2::Integration', { ApiId: 'x', TimeoutInMillis: 29_000 }),
        at('TimeoutInMillis'),
      ],
      [
        'ten authorizers',
        it(
          'AWS::ApiGatewayV2::Api',
          { ProtocolType: 'HTTP' },
          Object.fromEntries(
            Array.from({ length: 10 }, (_, n) => [
              `A${n}`,
              resource('AWS::ApiGatewayV2::Authorizer', { ApiId: ref('It'), AuthorizerType: 'REQUEST' }),
            ]),
          ),
        ),
      ],
    ],
  },
};
