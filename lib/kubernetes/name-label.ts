/** The label by which pods are known if nothing else is said (Kubernetes, "Recommended labels"). */
export const NAME_LABEL = 'app.kubernetes.io/name';
