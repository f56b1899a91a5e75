import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectoryLake } from '../lake/directory-lake.ts';
import { SANDBOX_BUCKET, type Sandbox } from '../sandbox/start-sandbox.ts';
import { verifyLake } from '../sandbox/verify-lake.ts';
import type { CommandContext } from './context.ts';
import { runChild } from './run-child.ts';
import { TDD_PATH } from './tdd-shim.ts';

/** A catalogue that a fleet downloads in half a minute. */
export const TOUR_CATALOGUE = { titles: 400, years: [2023, 2024] };

/** What the tour leaves, in the working directory. */
const LAKE = 'sandbox-lake';

/** The way of everybody's first day. */
const STEPS: readonly { readonly why: string; readonly args: readonly string[] }[] = [
  { why: 'Settings: a key and a bucket, written to config.ini', args: ['development', '--yes'] },
  { why: 'Role, queues, function, trigger and bucket', args: ['deploy', '--yes'] },
  { why: 'A message for each partition', args: ['launch', '--min-year', '1900', '--yes'] },
  { why: 'The workers at work', args: ['status', '--watch', '--totals'] },
];

/**
 * The whole way on one screen: runs the real commands in the sandbox, one after the other, compares every document
 * that the fleet has written with the truth, and says where they are and what to do next.
 * @returns an exit code: that of the first command that failed, or 1 when a document is missing, too many or wrong.
 */
export async function takeTour(
  context: CommandContext,
  { catalogue, bucketDirectory }: Pick<Sandbox, 'catalogue' | 'bucketDirectory'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { output, io, signal } = context;
  const { bold, cyan, dim, green, red } = output.style;
  const lakeDirectory = join(io.cwd, LAKE);
  await rm(lakeDirectory, { recursive: true, force: true });
  output.info(
    bold(
      `A sandbox on this machine: TMDB, IMDb and AWS are stand-ins, ${catalogue.cases.length} movies are invented.`,
    ),
  );
  for (const { why, args } of STEPS) {
    output.info(`\n${cyan(`$ tdd ${args.join(' ')}`)}  ${dim(why)}`);
    const exitCode = await runChild(context, process.execPath, [TDD_PATH, ...args], environment);
    if (exitCode !== 0 || signal.aborted) return exitCode;
  }
  const lake = createDirectoryLake({ directory: bucketDirectory });
  const { movies, reviews, missing, unexpected, wrong } = await verifyLake({ lake, catalogue });
  await cp(bucketDirectory, lakeDirectory, { recursive: true });
  const bad = missing.length + unexpected.length + wrong.length;
  if (bad > 0) {
    output.info(
      `\n${red('✖')} ${missing.length} documents are missing, ${unexpected.length} too many, ${wrong.length} wrong: see ./${LAKE}.`,
    );
    return 1;
  }
  output.info(
    [
      '',
      `${green('✔')} ${movies.toLocaleString('en-US')} movies and ${reviews.toLocaleString('en-US')} reviews: each document was compared with the truth, and none is missing, double or wrong.`,
      `  They lie in ./${bold(LAKE)}, a copy of the bucket ${SANDBOX_BUCKET}; all else is gone again.`,
      '',
      'Next, with a key of your own (https://www.themoviedb.org/settings/api):',
      `  ${bold('npx tdd development')}                                  asks for key and bucket, writes config.ini`,
      `  ${bold('npx tdd download --year 2004 --initial AD --to lake')}  downloads a real partition into ./lake`,
      `  ${bold('npx tdd deploy')}                                       puts the workers on AWS`,
      `Or play: ${bold('npx tdd sandbox')} opens a shell in here.`,
    ].join('\n'),
  );
  return 0;
}
