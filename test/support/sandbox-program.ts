import { join } from 'node:path';

/** What Node is given to run `npm run sandbox` of a checkout without npm; the sandbox's own arguments follow. */
export function sandboxProgram(checkout: string): readonly string[] {
  const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  return ['--import', tsx, join(checkout, 'sandbox/main.ts')];
}
