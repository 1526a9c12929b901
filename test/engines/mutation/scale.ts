import type { Node } from './shape.js';

/**
 * Durations and sizes that are constants of the generator, and too large for a test to wait for or to
 * fill, by the name of their field. Only a value that is there is replaced.
 */
const SCALED: Readonly<Record<string, Node>> = {
  request_headers_timeout: '0.4s',
  transport_socket_connect_timeout: '1s',
  connect_timeout: '0.3s',
  stream_idle_timeout: '2.3s',
};

/** The document with its constants scaled. */
export function scaled(node: Node): Node {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return (node as readonly Node[]).map(scaled);
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, SCALED[name] ?? scaled(value as Node)]),
  );
}
