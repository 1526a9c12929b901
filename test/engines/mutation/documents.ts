import type { Node } from './shape.js';

/** What one Envoy is given: its bootstrap, and the files that it watches. */
export interface Documents {
  readonly bootstrap: Node;
  readonly routes: Node;
  /** Secrets: the workload's certificate, the roots of its peers, and at a gateway the public certificate. */
  readonly server: Node;
  readonly peers: Node;
  readonly edge?: Node;
}

export type DocumentName = keyof Documents;

/** The same documents, each changed; one that comes out undefined stays away. */
export function mapDocuments(
  documents: Documents,
  change: (document: Node, name: DocumentName) => Node | undefined,
): Documents {
  const entries = Object.entries(documents).flatMap(([name, document]) => {
    const changed = change(document as Node, name as DocumentName);
    return changed === undefined ? [] : [[name, changed]];
  });
  return Object.fromEntries(entries) as unknown as Documents;
}
