import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { ZodError, z } from 'zod';
import { RE2 } from 're2-wasm';
import { SignJWT, generateKeyPair, jwtVerify } from 'jose';
import fc from 'fast-check';

// Dependencies of which jest's loader might refuse the module format.

test('jose signs and verifies a token', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const token = await new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
  expect((await jwtVerify(token, publicKey)).payload.sub).toBe('ada');
});

test('oidc-provider serves its discovery document and keys', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const { Provider } = await import('oidc-provider');
  const answer = new Provider('http://localhost:3000').callback();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const get = async (path: string) => (await fetch(`http://localhost:${port}${path}`)).json();
    expect(await get('/.well-known/openid-configuration')).toMatchObject({ issuer: 'http://localhost:3000' });
    expect(await get('/jwks')).toMatchObject({ keys: [{ kty: 'RSA' }] });
  } finally {
    server.close();
    warn.mockRestore();
  }
});

test('RE2 is the real one: it refuses a look-ahead', () => {
  expect(new RE2('^a+$', 'u').test('aaa')).toBe(true);
  expect(() => new RE2('(?=a)', 'u')).toThrow();
});

test('fast-check and zod load', () => {
  fc.assert(fc.property(fc.nat(), (n) => z.number().parse(n) === n));
  expect(() => z.number().parse('1')).toThrow(ZodError);
});
