/* oxlint-disable typescript/no-require-imports, typescript/no-unsafe-assignment, typescript/no-unsafe-member-access, typescript/no-unsafe-call, typescript/no-unsafe-return -- plain JavaScript, as the client loads it */
// What is compiled in Lambda's runtime client: three exchanges of HTTP with the runtime API.
'use strict';

const { request } = require('node:http');

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
/** The answer that is on its way: the next event is asked for after it. */
let answered = Promise.resolve();

function exchange(method, path, headers = {}, body = '') {
  return new Promise((resolve, reject) => {
    request(`${base}${path}`, { method, headers, agent: false }, (response) => {
      let bodyJson = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        bodyJson += text;
      });
      response.once('end', () => resolve({ bodyJson, headers: response.headers }));
    })
      .once('error', reject)
      .end(body);
  });
}

module.exports = {
  initializeClient() {},
  async next() {
    await answered;
    return exchange('GET', '/next');
  },
  done(id, body) {
    answered = exchange('POST', `/${id}/response`, { 'content-type': 'application/json' }, body);
  },
  error(id, body, cause) {
    const headers = { 'content-type': 'application/json', 'lambda-runtime-function-xray-error-cause': cause };
    answered = exchange('POST', `/${id}/error`, headers, body);
  },
};
