import { join } from 'node:path';

/** Node's arguments to run a checkout's sandbox without npm, to be followed by the sandbox's arguments. */
export function sandboxProgram(checkout: string): readonly string[] {
  const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  return ['--import', tsx, join(checkout, 'sandbox/main.ts')];
}
