/** A pod's part of Pod Security `restricted`. */
export const POD = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

/** A container's. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
};
