import { generatePrivateKey } from '../../../lib/authority/index.js';
import { certificateRequest } from '../../../lib/authority/request.js';
import type { Answering } from '../support/cloud.js';
import { agentConfiguration } from '../../../gateway/agent/point-configuration.js';
import { configurationHash, configurationText } from '../../../lib/point/configuration.js';
import { askingPlan, SIDECAR } from '../support/asking.js';
import { TestCloud } from '../support/cloud.js';
import { listens, TestMesh } from '../support/mesh.js';

const PAYMENTS = 'services/payments/sidecar';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await TestMesh.create();
});
afterAll(() => mesh.close());
beforeEach(() => {
  mesh.cloud.answering = (honest) => honest();
});

/** The agent ends with this, and nothing ever listened. */
async function refuses(code: string, more: Parameters<TestMesh['agent']>[1] = {}) {
  const agent = await mesh.agent(PAYMENTS, more);
  expect(await agent.ended()).toMatchObject({ code: 1, failure: code });
  expect(agent.lines.some(({ event }) => event === 'serving')).toBe(false);
  expect(await listens(mesh.at(`${PAYMENTS}/listen`))).toBe(false);
  return agent;
}

describe('a configuration', () => {
  test('with other bytes than the task definition names is not taken', async () => {
    const { key, text } = await honestObject();
    mesh.cloud.objects.set(key, text.replace('"version":1', '"version":1 '));
    await refuses('invalid-configuration');
    mesh.cloud.objects.set(key, text);
  });

  test('covers what a decision service decides by', async () => {
    const honest = agentConfiguration(askingPlan, SIDECAR);
    const key = `web/${configurationHash(configurationText(honest))}`;
    const policy = { ...(honest.decision?.policy as object), decisions: 'refused' };
    const other = { ...honest, decision: { ...honest.decision!, policy } };
    mesh.cloud.objects.set(`bucket/${key}`, configurationText(other));
    const agent = await mesh.agent(SIDECAR, { plan: askingPlan });
    expect(agent.options.cloud.objects.get(`bucket/${key}`)).toBe(configurationText(other));
    expect(await agent.ended()).toMatchObject({ code: 1, failure: 'invalid-configuration' });
  });

  test('with a ref that has no value opens nothing', async () => {
    const refs = Object.fromEntries(
      Object.entries(mesh.refs).filter(([name]) => !name.startsWith('services/payments/application')),
    );
    await refuses('missing-ref', { refs });
    expect(mesh.cloud.requests).toHaveLength(0);
  });

  test('whose own paths the environment would set opens nothing', async () => {
    await refuses('ambiguous-ref', { refs: { ...mesh.refs, [`${PAYMENTS}/secrets/peers`]: '/elsewhere' } });
  });

  test.each([
    ['ZTP_CONFIGURATION_KEY', 'payments/latest'],
    ['ZTP_REFS', '[]'],
    ['ZTP_REGISTRATION', ''],
    ['ZTP_DRAIN_SECONDS', '600'],
  ])('is not guessed: %s=%s', async (name, value) => {
    await refuses('invalid-setting', { environment: { [name]: value } });
  });
});

describe('a certificate', () => {
  const other = async (spiffeId: string, csr: string) => mesh.cloud.certify({ csr }, spiffeId);
  const answers: Record<string, [string, Answering]> = {
    'that is refused': [
      'unknown-identity',
      () => ({ kind: 'refused', code: 'unknown-identity', message: 'no record' }),
    ],
    'for another key': [
      'unusable-certificate',
      async () => other(mine(), await certificateRequest(generatePrivateKey())),
    ],
    'for another name': [
      'unusable-certificate',
      (_honest, { csr }) => other('spiffe://aws.test.shop.example/ns/default/sa/orders', csr),
    ],
    'for a name that only begins alike': [
      'unusable-certificate',
      (_honest, { csr }) => other(`${mine()}-2`, csr),
    ],
    'of another authority': [
      'unusable-certificate',
      async (honest) => {
        const foreign = await TestCloud.start();
        await foreign.close();
        return { ...(await honest()), roots: foreign.root } as never;
      },
    ],
    'with no roots': [
      'unusable-certificate',
      async (honest) => ({ ...(await honest()), roots: '' }) as never,
    ],
    'that is no certificate': [
      'unusable-certificate',
      async (honest) => ({ ...(await honest()), certificates: 'none' }) as never,
    ],
    'in another shape': ['malformed-answer', () => ({ kind: 'granted' }) as never],
  };
  const mine = () => mesh.plan.services['payments']!.sidecar.spiffeId;

  test.each(Object.entries(answers))('%s opens nothing', async (_name, [code, answering]) => {
    mesh.cloud.answering = answering;
    await refuses(code);
  });

  test('that has expired already opens nothing', async () => {
    mesh.cloud.lifetime = -1;
    await refuses('unusable-certificate');
    mesh.cloud.lifetime = 600;
  });
});

/** The configuration as the platform stored it. */
async function honestObject(): Promise<{ key: string; text: string }> {
  const agent = await mesh.serving(PAYMENTS);
  await agent.child.stop();
  mesh.cloud.requests.splice(0);
  const [key, text] = [...mesh.cloud.objects][0]!;
  return { key, text: String(text) };
}
