import { fileURLToPath } from 'node:url';

const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** What Node is given to run `npm run sandbox` without npm; the sandbox's own arguments follow. */
export const SANDBOX_PROGRAM: readonly string[] = [
  '--import',
  new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href,
  path('sandbox/main.ts'),
];
