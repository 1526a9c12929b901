import { Annotations, Lazy } from 'aws-cdk-lib';
import { CfnGatewayResponse, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { answerTo, type EdgeAnswers } from '../edge/gateway-responses.js';
import { synthesizedProperties } from '../support/synthesized.js';

/** What the authorizer and the firewall bring about. Every other answer stays what it was. */
const CAUSED = [
  'UNAUTHORIZED',
  'ACCESS_DENIED',
  'WAF_FILTERED',
  'AUTHORIZER_FAILURE',
  'AUTHORIZER_CONFIGURATION_ERROR',
];

/** Variables that say what the authorizer knows, or the words of API Gateway about the refusal. */
const TELLING = /\$context\.(?:authorizer|error)\b/;
const CHALLENGE = 'gatewayresponse.header.WWW-Authenticate';
const CONTENT_TYPE = 'gatewayresponse.header.Content-Type';
/** Headers that say what the platform's own body and status are. */
const FIXED = new Set([CHALLENGE, CONTENT_TYPE].map((name) => name.toLowerCase()));

/**
 * What API Gateway answers on an adopted API where the authorizer or the firewall refused. An answer that the app
 * has for a type, before or after, takes the place of the one here, and the headers that it gives all refusals
 * (`DEFAULT_4XX`, `DEFAULT_5XX`) are on these too: pages that could read a refusal still can.
 */
export class AdoptedResponses extends Construct {
  readonly responses: readonly CfnGatewayResponse[];
  /** The app's own, by type. */
  private readonly own = new Map<string, CfnGatewayResponse>();

  constructor(api: RestApi, id: string, answers: EdgeAnswers) {
    super(api, id);
    this.responses = CAUSED.map((type) => new AdoptedResponse(this, api, type, answers));
  }

  /** A response of the API that the app made. */
  yieldTo(response: CfnGatewayResponse): void {
    const { responseType } = response;
    if (response instanceof AdoptedResponse || this.own.has(responseType)) return;
    this.own.set(responseType, response);
    if (!CAUSED.includes(responseType)) return;
    const { path } = response.node;
    Annotations.of(this).addInfoV2(
      `zero-trust-platform:own-response:${path}`,
      `${responseType} is answered as ${path} has it: the app's own answer takes the place of the platform's.`,
    );
    const weaker = weaknesses(responseType, synthesizedProperties(response));
    if (weaker.length === 0) return;
    Annotations.of(this).addWarningV2(
      `zero-trust-platform:weak-response:${path}`,
      `${path} answers ${responseType} in place of the platform, and ${weaker.join(' and ')}. Correct it, or remove it for the platform's.`,
    );
  }

  isOwn(responseType: string): boolean {
    return this.own.has(responseType);
  }

  /** What the answer to every refusal of this kind has in its headers, by the app. */
  headersFor(statusCode: string | undefined): Readonly<Record<string, unknown>> {
    const all = this.own.get(statusCode?.startsWith('5') ? 'DEFAULT_5XX' : 'DEFAULT_4XX');
    const headers = Object.entries(all ? headersOf(synthesizedProperties(all)) : {});
    return Object.fromEntries(headers.filter(([name]) => !FIXED.has(name.toLowerCase())));
  }

  /** What a deployment must serve: another value makes it anew. */
  get content(): unknown {
    return this.responses
      .filter(({ responseType }) => !this.isOwn(responseType))
      .map(({ responseType, statusCode, responseParameters, responseTemplates }) => ({
        responseType,
        statusCode,
        responseParameters,
        responseTemplates,
      }));
  }
}

/** One answer, which is not in the template if the app has its own. */
class AdoptedResponse extends CfnGatewayResponse {
  constructor(
    private readonly home: AdoptedResponses,
    { restApiId }: RestApi,
    responseType: string,
    answers: EdgeAnswers,
  ) {
    const { responseParameters, ...answer } = answerTo(responseType, answers);
    const { [CONTENT_TYPE]: contentType, ...headers } = responseParameters;
    super(home, responseType, {
      restApiId,
      responseType,
      ...answer,
      responseParameters: Lazy.any({
        // Which pages may read a refusal the app knows better.
        produce: () => ({
          ...headers,
          ...home.headersFor(answer.statusCode),
          [CONTENT_TYPE]: contentType,
        }),
      }),
    });
  }

  protected override shouldSynthesize(): boolean {
    return !this.home.isOwn(this.responseType);
  }
}

function headersOf({
  ResponseParameters,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return (ResponseParameters ?? {}) as Readonly<Record<string, unknown>>;
}

function weaknesses(responseType: string, properties: Readonly<Record<string, unknown>>): string[] {
  const named = Object.keys(headersOf(properties)).map((name) => name.toLowerCase());
  return [
    ...(responseType === 'UNAUTHORIZED' && !named.includes(CHALLENGE.toLowerCase())
      ? ['has no WWW-Authenticate, which a 401 must have (RFC 9110, 15.5.2)']
      : []),
    ...(TELLING.test(JSON.stringify(properties))
      ? ['tells what the authorizer or API Gateway says of it']
      : []),
  ];
}
