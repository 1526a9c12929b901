/** Makes another secret that seals sessions: the rotation function of Secrets Manager, told which step it is to do. */
import { environmentValue } from '../../lambda/registration/configuration.js';
import { rotate } from './rotation.js';

export async function handler(event: unknown): Promise<void> {
  await rotate(event, environmentValue('AWS_REGION'), new Date());
}
