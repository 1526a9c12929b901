import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { codedError } from '../../../lib/coded-error.js';
import { excerpt } from '../../../lib/diagnostic.js';

/** Whoever writes JavaScript may have left something out. Throws `wrong-type` for what is no scope, or no id. */
export function checkScope(scope: unknown, id: unknown): asserts scope is Construct {
  if (!Construct.isConstruct(scope)) {
    throw codedError('wrong-type', 'scope', 'a construct is in another one', {
      found: excerpt(scope),
      expected: 'an App, a Chart, or a construct in one of them',
      remedy: 'give it as the first argument: `new ZeroTrustPlatform(app, …)`',
    });
  }
  if (typeof id !== 'string' || id === '') {
    throw codedError('wrong-type', 'id', 'a construct has a name in its scope', {
      found: excerpt(id),
      expected: 'a text that is not empty',
      remedy: 'give it as the second argument',
    });
  }
}

/** The same of what is written into a file. Throws `no-chart`, too. */
export function checkChart(scope: unknown, id: unknown): void {
  checkScope(scope, id);
  if (scope.node.scopes.some((above) => Chart.isChart(above))) return;
  throw codedError('no-chart', 'scope', 'this part would be in no file', {
    found: scope.node.path === '' ? 'the App itself' : scope.node.path,
    expected: 'a Chart, or a construct in one',
    remedy: 'make one: `new Chart(app, …)`',
  });
}

/** Throws `wrong-type` for what is no object of cdk8s. */
export function checkObject(object: unknown): asserts object is ApiObject {
  if (Construct.isConstruct(object) && ApiObject.isApiObject(object)) return;
  throw codedError('wrong-type', 'object', 'this is no object of cdk8s', {
    found: Construct.isConstruct(object) ? object.node.path : excerpt(object),
    expected: 'an ApiObject of yours',
    remedy: 'give the construct that writes it',
  });
}
