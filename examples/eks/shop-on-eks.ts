import { Stack, type StackProps } from 'aws-cdk-lib';
import { IpAddresses, Vpc } from 'aws-cdk-lib/aws-ec2';
import { type CfnAccessEntry, Cluster, KubernetesVersion } from 'aws-cdk-lib/aws-eks-v2';
import { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { App as Manifests } from 'cdk8s';
import type { Construct } from 'constructs';
import { GUARD, shopPlatform } from '../cdk8s/shop-platform.js';

interface ShopOnEksProps extends StackProps {
  /** The ARN of a version of a layer with kubectl, of the cluster's release or one beside it. */
  readonly kubectlLayer: string;
}

/** Of the VPC. */
const NETWORK = '10.30.0.0/16';

/** What the API server calls whoever applies the manifests. */
const DEPLOYERS = 'zero-trust-deployers';

/** The API server of EKS has an address in some of the subnets of its VPC, which changes. */
const API_SERVER = { networks: [NETWORK], port: 443 };

/**
 * A cluster, and the shop's manifests in it. Istio, cert-manager, istio-csr and trust-manager are not installed here: they
 * come before, with the values that `zero-trust-prerequisites` has.
 */
export class ShopOnEks extends Stack {
  constructor(scope: Construct, id: string, { kubectlLayer, ...props }: ShopOnEksProps) {
    super(scope, id, props);
    const cluster = new Cluster(this, 'Cluster', {
      vpc: new Vpc(this, 'Network', { ipAddresses: IpAddresses.cidr(NETWORK) }),
      version: KubernetesVersion.V1_35,
      kubectlProviderOptions: {
        kubectlLayer: LayerVersion.fromLayerVersionArn(this, 'Kubectl', kubectlLayer),
      },
    });
    const guard = { ...GUARD, deployers: { groups: [DEPLOYERS] } };
    const { charts } = shopPlatform(new Manifests(), guard, API_SERVER);
    const applied = charts.map((chart) => cluster.addCdk8sChart(chart.node.id, chart));
    // CloudFormation applies in parallel what does not depend on anything.
    for (const [index, manifest] of applied.slice(1).entries()) manifest.node.addDependency(applied[index]!);
    // Only now there is the role that applies them.
    const entry = cluster.node.findChild('ClusterAdminRoleAccess').node.defaultChild as CfnAccessEntry;
    entry.kubernetesGroups = [DEPLOYERS];
  }
}
