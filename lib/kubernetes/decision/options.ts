import { codedError } from '../../coded-error.js';
import { excerpt } from '../../diagnostic.js';
import type { Plan } from '../../plan/plan.js';
import type { MeshDecisionService } from '../mesh-options.js';
import { NAME_LABEL } from '../name-label.js';
import { checkLabels } from '../names.js';
import { checkPort } from '../port.js';
import type { Pods } from '../network-policy.js';
import type { Resources } from '../kinds/index.js';
import { checkPods } from '../replicated-pods.js';

/** The decision service: with an image it is emitted, with everything that it needs; without, its pods are your own. */
export interface DecisionServiceOptions extends Partial<MeshDecisionService> {
  /** Labels that its pods have and no other pod of the namespace has. @default `app.kubernetes.io/name: <its service account>` */
  readonly selector?: MeshDecisionService['selector'];
  /** Its Kubernetes Service. @default 'decision' */
  readonly serviceName?: string;
  /** The port of that Service. @default 80 */
  readonly servicePort?: number;
  /** The port that it listens on in its pods. @default `servicePort`; 8090 if that is not given */
  readonly port?: number;
  /** The image of `gateway/decision.Dockerfile`, as `name@sha256:…`. @default the pods are your own */
  readonly image?: string;
  /** Pods of the image; two or more. @default 2 */
  readonly replicas?: number;
  /** CPU, memory and storage of each. @default a tenth of a CPU and 128 MiB, up to one CPU and 256 MiB */
  readonly resources?: Resources;
  /**
   * Where the API server listens, whose ConfigMap `zero-trust-revocations` says what is revoked. With an image it must be
   * said: no label selects the API server. `kubectl get endpointslices -l kubernetes.io/service-name=kubernetes` shows it.
   */
  readonly apiServer?: ApiServer;
  /** Issuers that have no public address, by their name in the model. @default every issuer has a public address */
  readonly privateIssuers?: Readonly<Record<string, PrivateIssuer>>;
  /** A ConfigMap of yours in the plan's namespace with authorities (PEM) that are believed besides the public ones. @default none */
  readonly issuerAuthorities?: { readonly configMap: string; readonly key: string };
}

export interface ApiServer {
  /** Addresses of its endpoints, in CIDR notation, not that of the Service `kubernetes`. */
  readonly networks: readonly string[];
  /** Where they listen: 6443 on most clusters of one's own, 443 on EKS, GKE and AKS. */
  readonly port: number;
}

/** Where the keys of an issuer are: networks in CIDR notation, or pods of the cluster and the port on which they listen. */
export type PrivateIssuer =
  | { readonly networks: readonly string[] }
  | (Required<Pods> & { readonly port: number });

/** Where it listens if nothing else is said. */
const PORT = 8090;

/** How the other parts know the decision service. */
export function meshDecisionService(options: DecisionServiceOptions): Required<MeshDecisionService> {
  const { serviceName = 'decision', servicePort, serviceAccount = serviceName } = options;
  return {
    serviceName,
    servicePort: servicePort ?? 80,
    port: options.port ?? servicePort ?? PORT,
    serviceAccount,
    selector: options.selector ?? { [NAME_LABEL]: serviceAccount },
  };
}

/** What the names of its policies begin with. */
export function policyPrefix(options: DecisionServiceOptions): string {
  return `${meshDecisionService(options).serviceName}-policy`;
}

/** The options of a decision service that is emitted. */
export type EmittedDecisionService = DecisionServiceOptions &
  Required<Pick<DecisionServiceOptions, 'image' | 'apiServer'>>;

/**
 * The same options, if they are of a decision service that is emitted. Throws `image-digest`, `no-api-server`,
 * `too-few-replicas`, `unknown-issuer`, `missing`, `port` and `pod-selector`.
 */
export function emittedDecisionService(
  { issuers }: Plan,
  options: DecisionServiceOptions | undefined,
): EmittedDecisionService | undefined {
  if (options?.image === undefined) return undefined;
  const { image, apiServer, replicas = 2, privateIssuers = {} } = options;
  checkPods(
    'decisionService',
    { image, replicas },
    'while no pod answers, every request that asks is refused',
  );
  checkApiServer(apiServer);
  const unknown = Object.keys(privateIssuers).find((name) => !Object.hasOwn(issuers, name));
  if (unknown !== undefined) {
    throw codedError(
      'unknown-issuer',
      `decisionService.privateIssuers.${unknown}`,
      'the model has no such issuer',
      {
        expected: Object.keys(issuers).join(', '),
      },
    );
  }
  for (const [name, at] of Object.entries(privateIssuers)) checkPrivateIssuer(name, at);
  return { ...options, image, apiServer };
}

/** Throws `no-api-server`, and `port` for what is none. */
function checkApiServer(apiServer: Partial<ApiServer> | undefined): asserts apiServer is ApiServer {
  const { networks, port } = apiServer ?? {};
  const missing = networks === undefined ? 'networks' : 'port';
  if (networks === undefined || port === undefined) {
    throw codedError(
      'no-api-server',
      `decisionService.apiServer${apiServer ? `.${missing}` : ''}`,
      'nobody says where the API server listens',
      {
        expected: 'the networks of its endpoints in CIDR notation, and their port',
        remedy:
          'name both (`kubectl get endpointslices -l kubernetes.io/service-name=kubernetes`): without the document of what is revoked the decision service admits nothing',
      },
    );
  }
  checkPort('decisionService.apiServer.port', port);
}

/** What is left out of the pods would be all of them, or every port. */
function checkPrivateIssuer(name: string, at: PrivateIssuer): void {
  if ('networks' in at && at.networks) return;
  const path = `decisionService.privateIssuers.${name}`;
  const { namespace, selector, port } = at as Partial<Pods & { readonly port: number }>;
  if (namespace === undefined || selector === undefined || port === undefined) {
    throw codedError('missing', path, 'nobody says where its keys are', {
      found: excerpt(at),
      expected: '`{ networks }`, or `{ namespace, selector, port }` of its pods',
      remedy: 'name them, or leave the issuer out if it has a public address',
    });
  }
  checkLabels(selector, `${path}.selector`);
  if (Object.keys(selector).length > 0) return;
  throw codedError('pod-selector', `${path}.selector`, 'an empty selector is every pod there', {
    expected: 'labels that the pods of the issuer alone have',
  });
}
