import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EDGE_PROTOCOLS, edgesFor } from '../../../../constructs/aws-cdk/edge/index.js';

test('HTTP passes an API and the load balancer of browsers, gRPC only the load balancer of the gateway, and the rest nothing', () => {
  expect(edgesFor('http')).toEqual(['rest-api', 'application-load-balancer', 'network-load-balancer']);
  expect(edgesFor('grpc')).toEqual(['network-load-balancer']);
  expect(edgesFor('websocket')).toEqual([]);
  expect(edgesFor('tcp')).toEqual([]);
});

test('the table of the documentation is this one', () => {
  const text = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'aws', 'edge.md'), 'utf8');
  for (const [edge, answers] of Object.entries(EDGE_PROTOCOLS)) {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${edge}\` |`));
    const cells = Object.values(answers).map((answer) => (answer.passes ? 'passes' : answer.because));
    expect(row).toBe(`| \`${edge}\` | ${cells.join(' | ')} |`);
  }
});
