import { type Diagnostic, excerpt } from '../diagnostic.js';
import { parseOperation } from '../policy/operation.js';
import type { Rule } from './access.js';
import type { EgressPrincipal, EgressRule } from './egress.js';
import type { Provider } from './identity.js';
import { type ElementPath, elementPath } from './element-path.js';
import type { PlainModel } from './plain-model.js';
import type { UserSelector } from './principal.js';
import { suggestion } from './suggest.js';

/** The service account of every gateway, and that of the way out where there is one. */
const GATEWAY = 'gateway';
const EGRESS = 'egress';
/** Suggestions are for people, who read the first few. */
const MAX_SUGGESTIONS = 20;

type Kind = 'service' | 'provider' | 'pipeline';

/** Every name in a model of the right shape: that it is known, and stands for one thing. */
export function nameDiagnostics(model: PlainModel): Diagnostic[] {
  return new Names(model).check();
}

class Names {
  private readonly found: Diagnostic[] = [];
  private readonly known: Readonly<Record<Kind, ReadonlySet<string>>>;
  private readonly ruleNames = new Map<string, string>();
  private suggestions = 0;

  constructor(private readonly model: PlainModel) {
    const { services, identity } = model;
    this.known = {
      service: new Set(Object.keys(services)),
      provider: new Set(Object.keys(identity?.providers ?? {})),
      pipeline: new Set(Object.keys(identity?.pipelines ?? {})),
    };
  }

  check(): Diagnostic[] {
    for (const name of this.known.service) this.checkService(name);
    for (const [name, { login }] of Object.entries(this.model.services)) {
      if (login) this.want('provider', ['services', name, 'login', 'provider'], login.provider);
    }
    for (const [name, provider] of Object.entries(this.model.identity?.providers ?? {})) {
      this.checkProvider(['identity', 'providers', name], provider);
    }
    for (const [name, pipeline] of Object.entries(this.model.identity?.pipelines ?? {})) {
      const path = ['identity', 'pipelines', name];
      this.checkServices([...path, 'audiences'], pipeline.audiences);
      if (!this.known.provider.has(name)) continue;
      const message = 'a provider and a pipeline have the same name';
      this.report('duplicate-name', path, message, excerpt(name), 'rename one of them');
    }
    this.model.access.forEach((rule, index) => this.checkRule(['access', index], rule));
    this.model.egress?.forEach((rule, index) => this.checkEgressRule(['egress', index], rule));
    for (const [name, { principals }] of Object.entries(this.model.data ?? {})) {
      this.checkWorkloads(['data', name, 'principals'], principals);
    }
    return this.found;
  }

  private checkService(name: string): void {
    const isOut = name === EGRESS && (this.model.egress ?? []).length > 0;
    if (name !== GATEWAY && !isOut) return;
    const remedy = `call the service something else: it is the name of ${isOut ? 'the egress gateway' : 'every gateway'}`;
    this.report('reserved-name', ['services', name], 'no service may have this name', excerpt(name), remedy);
  }

  private checkProvider(path: ElementPath, provider: Provider): void {
    this.checkServices([...path, 'audiences'], provider.audiences);
    provider.sharedAudience?.forEach((service, index) => {
      this.want('service', [...path, 'sharedAudience', index], service);
      if (provider.sharedAudience?.indexOf(service) === index) return;
      this.report(
        'duplicate-name',
        [...path, 'sharedAudience', index],
        'the service is there twice',
        excerpt(service),
        'keep one of them',
      );
    });
  }

  private checkServices(path: ElementPath, byService: Readonly<Record<string, unknown>> = {}): void {
    for (const service of Object.keys(byService)) this.want('service', [...path, service], service);
  }

  private checkRule(path: ElementPath, rule: Rule): void {
    this.want('service', [...path, 'service'], rule.service);
    rule.principals.forEach((principal, index) => {
      const at = [...path, 'principals', index];
      if (principal.kind === 'user') this.checkUser(at, principal);
      if (principal.kind === 'pipeline') this.want('pipeline', [...at, 'pipeline'], principal.pipeline);
      if (principal.kind !== 'workload') return;
      this.want('service', [...at, 'service'], principal.service);
      if (principal.forUser) this.checkUser([...at, 'forUser'], principal.forUser);
    });
    this.checkOperations(path, rule.operations);
    if (rule.name !== undefined) this.checkRuleName(path, rule.name);
  }

  private checkEgressRule(path: ElementPath, rule: EgressRule): void {
    this.checkWorkloads([...path, 'principals'], rule.principals);
    this.checkOperations(path, rule.operations ?? []);
    if (rule.name !== undefined) this.checkRuleName(path, rule.name);
  }

  private checkWorkloads(path: ElementPath, principals: readonly EgressPrincipal[]): void {
    principals.forEach(({ service }, index) => this.want('service', [...path, index, 'service'], service));
  }

  private checkOperations(path: ElementPath, operations: readonly string[]): void {
    operations.forEach((operation, index) => {
      const parsed = parseOperation(operation);
      if (typeof parsed !== 'string') return;
      this.found.push({
        ...finding('invalid-operation', [...path, 'operations', index], 'this is not an operation'),
        found: excerpt(operation),
        expected: parsed,
      });
    });
  }

  private checkUser(path: ElementPath, { issuer }: UserSelector): void {
    if (issuer !== undefined) this.want('provider', [...path, 'issuer'], issuer);
  }

  private checkRuleName(path: ElementPath, name: string): void {
    const first = this.ruleNames.get(name);
    if (first === undefined) {
      this.ruleNames.set(name, elementPath(path));
      return;
    }
    const message = `${first} has the same name`;
    this.report(
      'duplicate-name',
      [...path, 'name'],
      message,
      excerpt(name),
      'give each rule a name of its own',
    );
  }

  private want(kind: Kind, path: ElementPath, name: string): void {
    if (this.known[kind].has(name)) return;
    const meant = this.suggestions < MAX_SUGGESTIONS ? suggestion(name, this.known[kind]) : undefined;
    this.suggestions += 1;
    const remedy =
      meant === undefined ? `declare it, or name a ${kind} of the model` : `did you mean "${meant}"?`;
    this.report(`unknown-${kind}`, path, `the model has no such ${kind}`, excerpt(name), remedy);
  }

  private report(code: string, path: ElementPath, message: string, found: string, remedy?: string): void {
    this.found.push({ ...finding(code, path, message), found, ...(remedy !== undefined && { remedy }) });
  }
}

function finding(code: string, path: ElementPath, message: string): Diagnostic {
  return { code, severity: 'error', path: elementPath(path), message };
}
