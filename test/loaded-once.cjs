'use strict';

/** Takes the place of a package's file: what Node itself loads, once in a worker and not for each test file. */
module.exports = { process: () => ({ code: 'module.exports = loadOnce(__filename);' }) };
