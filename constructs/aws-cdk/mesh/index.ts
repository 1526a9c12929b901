/** Mutual TLS between services on ECS: a sidecar beside each, its certificate, its rules and its network. */
export { Mesh, type IMesh } from './mesh.js';
export { MeshMember } from './member.js';
export type { AgentImageProps } from './agent-image.js';
export type { JoinOptions, MeshPlacement, MeshProps } from './props.js';
