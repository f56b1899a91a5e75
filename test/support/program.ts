import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { sandboxProgram } from './sandbox-program.ts';

/**
 * The folder of a copy of this checkout that was built for this run, with `bin/tdd.js` and `dist/`. Benches, which run
 * without Vitest, use this checkout, which `npm run bench` has built.
 */
export const PROGRAM = process.env.VITEST
  ? inject('program')
  : fileURLToPath(new URL('../..', import.meta.url));

/** The file of the built program. */
export const TDD = join(PROGRAM, 'bin/tdd.js');

/** Node's arguments to run the sandbox of the built program, to be followed by the sandbox's arguments. */
export const SANDBOX_PROGRAM = sandboxProgram(PROGRAM);
