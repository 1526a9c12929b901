import { App } from 'cdk8s';
import { shopPlatform } from './shop-platform.js';

/** `npx cdk8s synth` there writes the manifests to `dist/`; it needs no cluster. */
const app = new App();
shopPlatform(app);
app.synth();
