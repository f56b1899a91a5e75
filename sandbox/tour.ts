import { existsSync } from 'node:fs';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../src/cli/context.ts';
import { UsageError } from '../src/errors.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import { runChild, TDD_PATH } from './run-child.ts';
import { SANDBOX_BUCKET, type Sandbox } from './start-sandbox.ts';
import { verifyLake } from './verify-lake.ts';

/** A catalogue that a fleet downloads in half a minute. */
export const TOUR_CATALOGUE = { titles: 400, years: [2023, 2024] };

/** The folder that the tour leaves in the working directory. */
const LAKE = 'sandbox-lake';
/** A file in it that says that the folder may be replaced. */
const MARK = '.tdd-tour';

/** The steps of a user's first day. */
const STEPS: readonly { readonly why: string; readonly args: readonly string[] }[] = [
  { why: 'Settings: a key and a bucket, written to config.ini', args: ['development', '--yes'] },
  { why: 'Role, queues, function, trigger and bucket', args: ['deploy', '--yes'] },
  { why: 'A message for each partition', args: ['launch', '--min-year', '1900', '--yes'] },
  { why: 'The workers at work', args: ['status', '--watch', '--totals'] },
];

/**
 * Runs the real commands in the sandbox, one after the other, compares every document that the fleet wrote with the
 * catalogue, and says where they are and what to do next.
 * @throws {UsageError} when something else has the name of the documents' folder, before anything is run.
 * @returns an exit code: that of the first command that failed, or 1 when a document is missing, unexpected or wrong.
 */
export async function takeTour(
  context: CommandContext,
  { catalogue, bucketDirectory }: Pick<Sandbox, 'catalogue' | 'bucketDirectory'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { output, io } = context;
  const { bold, cyan, dim, green, red } = output.style;
  const lakeDirectory = join(io.cwd, LAKE);
  if (existsSync(lakeDirectory) && !existsSync(join(lakeDirectory, MARK))) {
    throw new UsageError(
      `There is ${lakeDirectory} already, which no tour has made: move it away, or take the tour in another folder.`,
    );
  }
  output.info(
    bold(
      `A sandbox on this machine: TMDB, IMDb and AWS are stand-ins, ${catalogue.cases.length} movies are invented.`,
    ),
  );
  for (const { why, args } of STEPS) {
    output.info(`\n${cyan(`$ tdd ${args.join(' ')}`)}  ${dim(why)}`);
    const exitCode = await runChild(context, process.execPath, [TDD_PATH, ...args], environment);
    if (exitCode !== 0) return exitCode;
  }
  const lake = createDirectoryLake({ directory: bucketDirectory });
  const { movies, reviews, missing, unexpected, wrong } = await verifyLake({ lake, catalogue });
  await replaceLake(bucketDirectory, lakeDirectory);
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
      `${green('✔')} ${movies.toLocaleString('en-US')} movies and ${reviews.toLocaleString('en-US')} reviews: each document was compared with the catalogue, and none is missing, double or wrong.`,
      '  (Where TMDB has one movie for two IMDb ids, the lake has one document.)',
      `  They lie in ./${bold(LAKE)}, a copy of the bucket ${SANDBOX_BUCKET}; all else is gone again.`,
      '',
      'Next, with a key of your own (https://www.themoviedb.org/settings/api):',
      `  ${bold('npx tdd development')}                                  asks for key and bucket, writes config.ini`,
      `  ${bold('npx tdd download --year 2004 --initial AD --to lake')}  downloads a real partition into ./lake`,
      `  ${bold('npx tdd deploy')}                                       puts the workers on AWS`,
      `Or play: ${bold('npm run sandbox')} opens a shell in here.`,
    ].join('\n'),
  );
  return 0;
}

/** Copies the bucket, and replaces an earlier tour's copy once the new one is complete. */
async function replaceLake(bucketDirectory: string, lakeDirectory: string): Promise<void> {
  const copy = await mkdtemp(`${lakeDirectory}-`);
  try {
    await cp(bucketDirectory, copy, { recursive: true });
    await writeFile(join(copy, MARK), 'The next tour that runs here ("npm start") replaces this folder.\n');
    await rm(lakeDirectory, { recursive: true, force: true });
    await rename(copy, lakeDirectory);
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
}
