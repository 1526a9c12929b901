import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import type { Engine } from '../lib/model/service.js';

/** The engines for which a plan can be made. */
const ENGINES = ['local', 'aws', 'kubernetes', 'google', 'azure'] as const;

/** The engines that a construct of this release, or `ztp dev`, makes a platform for. */
const DEPLOYED: readonly Engine[] = ['local', 'aws', 'kubernetes'];

/** Says on standard error that nothing deploys the engine, if it is so. */
export function noticeIfNotDeployed(engine: Engine): void {
  if (DEPLOYED.includes(engine)) return;
  process.stderr.write(`notice: No construct deploys ${engine} yet; this plan is for review only.\n`);
}

export function engineOption(): Option {
  return new Option('--engine <engine>', 'the engine whose part of the platform is meant')
    .choices(ENGINES)
    .default('local');
}

/** `15m`, `90s`, `2h` as seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smh])$/.exec(text);
  if (!match) throw new InvalidArgumentError('A duration is a number and s, m or h: 15m.');
  return Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] as 's' | 'm' | 'h'];
}

/** `a,b` as a list. */
export function parseList(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw new InvalidArgumentError('Names are separated by single commas.');
  return items;
}

/** An ISO 8601 instant as seconds since the epoch. */
export function parseInstant(text: string): number {
  const time = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time)) {
    throw new InvalidArgumentError('A time is ISO 8601: 2027-03-01T12:00:00Z.');
  }
  return Math.floor(time / 1000);
}

/** An IP address, as it is. */
export function parseAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('An address is like 10.0.0.1 or fd00::1.');
  return text;
}
