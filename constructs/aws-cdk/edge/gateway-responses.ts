import { CfnGatewayResponse, type CfnGatewayResponseProps, type IRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { PROOF_ALGORITHMS } from '../../../lambda/authorizer/algorithm.js';
import { asMade, keepAsMade, type Made } from '../support/as-made.js';

/** One answer that API Gateway gives by itself. */
interface Answer {
  readonly status?: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What API Gateway answers where no gateway answered: the table of `docs/policy.md`, as far as it can be said
 * here. No answer names a rule, a resource or what is wrong with a token. An authorizer that throws
 * `Unauthorized` has no context, so one challenge stands for a missing and for a bad token.
 */
const ANSWERS: Readonly<Record<string, Answer>> = {
  UNAUTHORIZED: { status: 401, body: 'unauthorized', headers: { 'WWW-Authenticate': "'Bearer'" } },
  ACCESS_DENIED: { status: 403, body: 'forbidden' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, body: 'forbidden' },
  RESOURCE_NOT_FOUND: { status: 403, body: 'forbidden' },
  WAF_FILTERED: { status: 403, body: 'forbidden' },
  AUTHORIZER_FAILURE: { status: 503, body: 'unavailable' },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 503, body: 'unavailable' },
  API_CONFIGURATION_ERROR: { status: 503, body: 'unavailable' },
  INTEGRATION_FAILURE: { status: 503, body: 'unavailable' },
  INTEGRATION_TIMEOUT: { status: 504, body: 'timeout' },
  THROTTLED: { status: 429, body: 'too many requests' },
  REQUEST_TOO_LARGE: { status: 413, body: 'too large' },
  DEFAULT_4XX: { body: 'refused' },
  DEFAULT_5XX: { body: 'unavailable' },
};

/** The challenge where clients may come with either kind of token. */
const WITH_PROOFS = `'Bearer, DPoP ${PROOF_ALGORITHMS}'`;

/** The answer's type is chosen by `Accept`; each choice says the same. */
const CONTENT_TYPES = ['application/json', 'text/plain'];

export interface EdgeResponsesProps {
  readonly api: IRestApi;
  /** The one origin whose pages may read refusals. @default none */
  readonly allowedOrigin?: string;
  /** Whether the policy takes DPoP proofs: then a 401 says so beside `Bearer` (RFC 9449 section 7.1). @default false */
  readonly takesProofs?: boolean;
}

/** What of the answers differs from API to API. */
export type EdgeAnswers = Omit<EdgeResponsesProps, 'api'>;

/** The answers of one API, for one that exists too. A deployment after them is what serves them. */
export class EdgeResponses extends Construct {
  readonly responses: readonly CfnGatewayResponse[];

  constructor(scope: Construct, id: string, { api, ...answers }: EdgeResponsesProps) {
    super(scope, id);
    this.responses = Object.keys(ANSWERS).map(
      (responseType) =>
        new CfnGatewayResponse(this, responseType, {
          restApiId: api.restApiId,
          responseType,
          ...answerTo(responseType, answers),
        }),
    );
    keepAsMade(this, ...this.responses.map(answerAsMade));
  }
}

function answerAsMade(response: CfnGatewayResponse): Made {
  return asMade(response, {
    RestApiId: response.restApiId,
    ResponseType: response.responseType,
    StatusCode: response.statusCode,
    ResponseParameters: response.responseParameters,
    ResponseTemplates: response.responseTemplates,
  });
}

/** How API Gateway is told an answer; the type must be one of the table. */
export function answerTo(
  responseType: string,
  { allowedOrigin, takesProofs }: EdgeAnswers,
): Pick<CfnGatewayResponseProps, 'statusCode' | 'responseTemplates'> & {
  readonly responseParameters: Readonly<Record<string, string>>;
} {
  const { status, body, headers } = ANSWERS[responseType]!;
  const challenge = takesProofs && headers && { 'WWW-Authenticate': WITH_PROOFS };
  const cors = allowedOrigin && { 'Access-Control-Allow-Origin': `'${allowedOrigin}'`, Vary: "'Origin'" };
  return {
    ...(status !== undefined && { statusCode: String(status) }),
    responseParameters: headerParameters({
      'Content-Type': "'text/plain'",
      ...headers,
      ...challenge,
      ...cors,
    }),
    responseTemplates: Object.fromEntries(CONTENT_TYPES.map((type) => [type, body])),
  };
}

function headerParameters(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [`gatewayresponse.header.${name}`, value]),
  );
}
