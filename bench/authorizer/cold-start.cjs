/* oxlint-disable typescript/no-require-imports, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access -- plain JavaScript, whose loading is measured */
// Loads a handler, answers one request with it, and prints the microseconds of CPU that both took.
'use strict';
const event = JSON.parse(process.env.AUTHZ_EVENT);
const before = process.cpuUsage();
const { handler } = require(process.argv[2]);
handler(event, {}).then(({ isAuthorized }) => {
  const { user, system } = process.cpuUsage(before);
  if (isAuthorized !== true) throw new Error('the request is refused');
  process.stdout.write(String(user + system));
});
