import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { pem } from './certificates.js';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const ADDRESS = '127.0.0.1';

/** What an overlay says of a host outside that something on this machine stands in for. */
export interface StandIn {
  readonly address: string;
  readonly port: number;
  readonly ca: string;
}

/** A server on this machine in place of hosts outside, with a certificate for their names. */
export class Outside {
  private constructor(
    private readonly server: Server,
    readonly standIns: Readonly<Record<string, StandIn>>,
  ) {}

  /** It answers 200 to everything; the file that verifies it is written into the folder. */
  static async start(hosts: readonly string[], folder: string): Promise<Outside> {
    const { certificate, key, root } = await certificateFor(hosts);
    const ca = join(folder, 'outside.pem');
    writeFileSync(ca, root);
    const server = createServer({ cert: certificate, key }, (request, response) => {
      request.resume();
      request.once('end', () => response.end('from outside\n'));
    });
    await new Promise<void>((done) => server.listen(0, ADDRESS, () => done()));
    const { port } = server.address() as AddressInfo;
    return new Outside(
      server,
      Object.fromEntries(hosts.map((host) => [host, { address: ADDRESS, port, ca }])),
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}

async function certificateFor(hosts: readonly string[]) {
  const notAfter = new Date(Date.now() + 3_600_000);
  const pair = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const [authority, own] = [await pair(), await pair()];
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=outside',
    keys: authority,
    notAfter,
    signingAlgorithm: EC,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const leaf = await X509CertificateGenerator.create({
    subject: 'CN=outside',
    issuer: root.subject,
    publicKey: own.publicKey,
    signingKey: authority.privateKey,
    notAfter,
    signingAlgorithm: EC,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns', value }))),
    ],
  });
  return { certificate: leaf.toString('pem'), key: await pem(own.privateKey), root: root.toString('pem') };
}
