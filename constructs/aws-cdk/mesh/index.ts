/** Mutual TLS between services on ECS: a sidecar beside each, its certificate, its rules and its network. */
export { Mesh } from './mesh.js';
export { type Configurations, type IMesh, MeshBase, type Network } from './mesh-base.js';
export type { MeshAttributes } from './imported-mesh.js';
export { MeshMember } from './member.js';
export type { AgentImageProps } from './agent-image.js';
export type { JoinOptions, MeshPlacement, MeshProps, PointProps } from './props.js';
export type { ScalingProps } from './scaled-service.js';
