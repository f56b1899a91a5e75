import type { Role, World } from './world.ts';

/** The access key that a function signs with: it names the function's role. */
export function roleAccessKeyId(roleArn: string): string {
  return `ASIA${Buffer.from(roleArn).toString('hex').toUpperCase()}`;
}

/** Whose role signed: `undefined` for a person's key, which may do everything. */
export function roleOfKey(world: World, accessKeyId: string): Role | 'gone' | undefined {
  const hex = /^ASIA((?:[0-9A-F]{2})+)$/.exec(accessKeyId)?.[1];
  const arn = hex === undefined ? '' : Buffer.from(hex, 'hex').toString();
  if (!arn.startsWith('arn:aws:iam::')) return undefined;
  return Object.values(world.roles).find((role) => role.arn === arn) ?? 'gone';
}
