import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configurationHash } from '../../lib/point/configuration.js';

export interface Tampering {
  readonly stored?: string;
  readonly parameter?: string;
}

/** A parameter and an object of AWS, as `ztp diff` asks for them. */
export class DeployedPlan {
  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly environment: Record<string, string>,
  ) {}

  /** `stored` is what lies at the object's address, and `parameter` what the parameter holds. */
  static async serve(text: string, { stored = text, parameter }: Tampering = {}): Promise<DeployedPlan> {
    const sha256 = configurationHash(text);
    const record = JSON.stringify({ bucket: 'plans', key: `_plan/${sha256}`, sha256 });
    const server = createServer((request, response) => {
      if (request.url === `/plans/_plan/${sha256}`) return response.end(stored);
      if (request.url !== '/') return response.writeHead(404).end('<Code>NoSuchKey</Code>');
      const asked: Buffer[] = [];
      request.on('data', (chunk: Buffer) => asked.push(chunk));
      return request.on('end', () => {
        const { Name } = JSON.parse(Buffer.concat(asked).toString()) as { Name: string };
        if (!Name.endsWith('/plan')) response.writeHead(400).end('{"__type":"ParameterNotFound"}');
        else response.end(JSON.stringify({ Parameter: { Value: parameter ?? record } }));
      });
    });
    await new Promise<void>((done) => server.listen(0, 'localhost', done));
    const { port } = server.address() as AddressInfo;
    return new DeployedPlan(server, {
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    });
  }

  close(): void {
    this.server.close();
  }
}
