/** What differs with the place that a point runs in. The rules it enforces never do. */
export interface PointProfile {
  /**
   * Who connects to the gateway's listener. `apiGateway`: one client alone, known by its pinned
   * certificate, over TLS 1.2 or 1.3; nobody else, a workload of the mesh neither.
   *
   * @default 'users'
   */
  readonly edge?: 'users' | 'apiGateway';
  /**
   * How a point reaches the issuers' key servers. `tunnel`: through the key tunnel, which carries bytes
   * that it cannot read; the point itself verifies the server as ever.
   *
   * @default 'direct'
   */
  readonly keys?: 'direct' | 'tunnel';
}
