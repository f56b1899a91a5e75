import { createWorker } from './create-worker.ts';

/** The Lambda handler, created once when Lambda starts a process for the function. */
export const handler = createWorker({
  env: process.env,
  write: (line) => process.stdout.write(line),
  userAgent: 'tmdb-distributed-downloader',
});
