import '../support/bundles.js';
import { App, Stack } from 'aws-cdk-lib';
import { LAWS } from '../../../support/aws/laws/index.js';
import { templatesOf } from '../../../support/aws/template.js';
import { ENV } from '../support/app.js';
import { everything } from '../support/everything.js';

const app = new App({ analyticsReporting: false });
everything(new Stack(app, 'Test', { env: ENV }));
const templates = templatesOf(app.synth().directory);

test.each(LAWS)('$name', ({ broken }) => {
  expect(broken(templates)).toEqual([]);
});
