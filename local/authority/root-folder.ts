import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  generatePrivateKey,
  issueIssuing,
  issueRoot,
  memorySigner,
  type Signer,
  type SigningAuthority,
} from '../../lib/authority/index.js';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import type { CertificateProfiles } from '../../lib/plan/plan.js';
import { replaceFile } from '../files.js';
import { checked, readJson } from '../part.js';
import { CERTIFICATE, KEY } from '../../lib/point/leaf-folder.js';

/** What `state.json` says: numbers of the folders `root-<n>` and `issuing-<n>`. */
const STATE = z.strictObject({
  /** Roots that peers accept. */
  trusted: z.array(z.int()).min(1).readonly(),
  /** The root under which leaves are issued. */
  root: z.int(),
  issuing: z.int(),
});
type State = Readonly<z.output<typeof STATE>>;

/**
 * Roots and issuing keys of one authority on disk: a folder for each key pair, and one file, replaced
 * as a whole, that says which are in use. A process that dies at any moment leaves a usable folder.
 */
export class RootFolder {
  #state: State;

  private constructor(
    readonly path: string,
    /** For people, in the certificates' names. */
    readonly name: string,
    readonly profiles: CertificateProfiles,
    state: State,
  ) {
    this.#state = state;
  }

  /** Open the folder; the first time, make a root and an issuing key. */
  static async open(
    path: string,
    name: string,
    profiles: CertificateProfiles,
    now: Date,
  ): Promise<RootFolder> {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const file = join(path, 'state.json');
    if (existsSync(file)) {
      return new RootFolder(
        path,
        name,
        profiles,
        checked(readJson(file, 'authority-state'), STATE, file, 'authority-state'),
      );
    }
    const folder = new RootFolder(path, name, profiles, { trusted: [], root: 1, issuing: 1 });
    await folder.#makeRoot(1, now);
    folder.#write({ ...(await folder.#makeIssuing(1, now)), trusted: [1] });
    return folder;
  }

  /** The roots that peers accept, as one PEM bundle. */
  get bundle(): string {
    return this.#state.trusted.map((number) => this.#certificate(`root-${number}`)).join('');
  }

  /** What signs leaves now. */
  get issuing(): SigningAuthority {
    return this.#authority(`issuing-${this.#state.issuing}`);
  }

  /** Renew the issuing key at half of its certificate's life; nobody needs to be told. */
  async renewIssuing(now: Date): Promise<void> {
    const { notBefore, notAfter } = times(this.issuing.certificate);
    if (now.getTime() < (notBefore + notAfter) / 2) return;
    if (now.getTime() >= times(this.#certificate(`root-${this.#state.root}`)).notAfter) {
      throw new ZeroTrustError('root-expired', `the root in ${this.path} has expired: remove the folder`);
    }
    this.#write({ ...this.#state, ...(await this.#makeIssuing(this.#state.root, now)) });
  }

  /** First step of a change: a new root that peers accept beside the old one. */
  async prepare(now: Date): Promise<void> {
    if (this.#next !== undefined) throw new ZeroTrustError('root-change', 'a root is already prepared');
    const number = Math.max(...this.#state.trusted) + 1;
    await this.#makeRoot(number, now);
    this.#write({ ...this.#state, trusted: [...this.#state.trusted, number] });
  }

  /** Second step, when every peer has the new bundle: leaves come from the new root. */
  async activate(now: Date): Promise<void> {
    const root = this.#next;
    if (root === undefined) throw new ZeroTrustError('root-change', 'no root is prepared');
    this.#write({ ...this.#state, ...(await this.#makeIssuing(root, now)) });
  }

  /** Last step, when every leaf comes from the new root: the old one is gone, with its key. */
  retire(): void {
    const { root, trusted } = this.#state;
    if (this.#next !== undefined)
      throw new ZeroTrustError('root-change', 'the prepared root is not in use yet');
    if (trusted.length < 2) throw new ZeroTrustError('root-change', 'there is no old root');
    this.#write({ ...this.#state, trusted: [root] });
    const kept = ['state.json', `root-${root}`, `issuing-${this.#state.issuing}`];
    for (const name of readdirSync(this.path)) {
      if (!kept.includes(name)) rmSync(join(this.path, name), { recursive: true, force: true });
    }
  }

  /** A root that is accepted already and signs nothing yet. */
  get #next(): number | undefined {
    return this.#state.trusted.find((number) => number > this.#state.root);
  }

  async #makeRoot(number: number, now: Date): Promise<void> {
    const signer = this.#makeKey(`root-${number}`);
    const { pem } = await issueRoot(this.profiles, { signer, name: this.name, now });
    writeFileSync(join(this.path, `root-${number}`, CERTIFICATE), pem, { mode: 0o600 });
  }

  /** A new issuing key below a root, not in use before the state says so. */
  async #makeIssuing(root: number, now: Date): Promise<Pick<State, 'root' | 'issuing'>> {
    const numbers = readdirSync(this.path).map((name) => Number(/^issuing-(\d+)$/.exec(name)?.[1] ?? 0));
    const issuing = Math.max(0, ...numbers) + 1;
    const signer = this.#makeKey(`issuing-${issuing}`);
    const { pem } = await issueIssuing(this.profiles, this.#authority(`root-${root}`), {
      issuing: signer,
      name: this.name,
      now,
    });
    writeFileSync(join(this.path, `issuing-${issuing}`, CERTIFICATE), pem, { mode: 0o600 });
    return { root, issuing };
  }

  #makeKey(name: string): Signer {
    const key = generatePrivateKey();
    mkdirSync(join(this.path, name), { recursive: true, mode: 0o700 });
    writeFileSync(join(this.path, name, KEY), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    return memorySigner(key);
  }

  #authority(name: string): SigningAuthority {
    const key = createPrivateKey(readFileSync(join(this.path, name, KEY)));
    return { signer: memorySigner(key), certificate: this.#certificate(name) };
  }

  #certificate(name: string): string {
    return readFileSync(join(this.path, name, CERTIFICATE), 'utf8');
  }

  #write(state: State): void {
    replaceFile(join(this.path, 'state.json'), `${JSON.stringify(state)}\n`);
    this.#state = state;
  }
}

function times(pem: string): { notBefore: number; notAfter: number } {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return { notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() };
}
