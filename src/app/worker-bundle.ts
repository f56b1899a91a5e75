import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.ts';

/** Beside the built program, and from its sources. */
const PLACES = ['../worker/index.mjs', '../../dist/worker/index.mjs'];

/**
 * The worker's code as the build has made it: one ES module.
 * @throws {UserError} when it was not built.
 */
export async function readWorkerBundle(): Promise<Buffer> {
  const found = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url));
  if (found === undefined) {
    throw new UserError('The worker of this checkout is not built: run npm run build first.');
  }
  return readFile(found);
}
