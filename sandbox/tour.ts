import { existsSync } from 'node:fs';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../src/cli/context.ts';
import { UsageError } from '../src/errors.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import { runChild, TDD_PATH } from './run-child.ts';
import type { Sandbox } from './start-sandbox.ts';
import { verifyLake } from './verify-lake.ts';

/** A catalogue that the fleet downloads within half a minute. */
export const TOUR_CATALOGUE = { titles: 400, years: [2023, 2024] };

/** The folder that the tour leaves in the working directory. */
const LAKE = 'sandbox-lake';
/** A file that marks the folder as one that the tour may replace. */
const MARKER = '.tdd-tour';

/** A command's own hint to run it again would not help: the sandbox is gone. */
const STOPPED = 'The tour has stopped, and its sandbox with it.\nTo take the tour again: npm start';

/** A user's first commands. Captions are at most 60 columns wide, as is everything that the tour prints. */
const STEPS: readonly { readonly caption: string; readonly args: readonly string[] }[] = [
  { caption: 'Save the settings: an API key and a bucket.', args: ['development', '--yes'] },
  { caption: 'Create the bucket, the queues and the Lambda workers.', args: ['deploy', '--yes'] },
  { caption: 'Queue one message per partition.', args: ['launch', '--min-year', '1900', '--yes'] },
  { caption: 'Follow the workers until the fleet is complete.', args: ['status', '--watch', '--totals'] },
];

/**
 * Runs the real commands in the sandbox, compares every document in the lake with the catalogue, and suggests next steps.
 * @throws {UsageError} before anything runs, when `./sandbox-lake` exists and is not from a tour.
 * @returns the exit code of the first command that failed; 1 when a document is missing, unexpected or wrong.
 */
export async function takeTour(
  context: CommandContext,
  { catalogue, bucketDirectory }: Pick<Sandbox, 'catalogue' | 'bucketDirectory'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { output, io } = context;
  const { bold, cyan, dim, green, red } = output.style;
  const lakeDirectory = join(io.cwd, LAKE);
  if (existsSync(lakeDirectory) && !existsSync(join(lakeDirectory, MARKER))) {
    throw new UsageError(
      `"${lakeDirectory}" exists and is not from a tour: move it, or run the tour in another folder.`,
    );
  }
  const caption = (text: string): void => output.info(dim(`\n# ${text}`));
  const movieRows = catalogue.cases.length.toLocaleString('en-US');
  output.info(
    [
      bold('\nThe real commands of tdd, with local stand-ins for TMDB,'),
      bold(`IMDb and AWS and a list of ${movieRows} invented movies.`),
    ].join('\n'),
  );
  for (const step of STEPS) {
    caption(step.caption);
    output.info(cyan(`$ tdd ${step.args.join(' ')}`));
    let exitCode: number | undefined;
    try {
      exitCode = await runChild(context, process.execPath, [TDD_PATH, ...step.args], environment);
    } finally {
      if (exitCode !== 0) output.info(`\n${STOPPED}`);
    }
    if (exitCode !== 0) return exitCode;
  }
  caption('Compare every document in the bucket with the catalog.');
  const lake = createDirectoryLake({ directory: bucketDirectory });
  const { movies, reviews, missing, unexpected, wrong } = await verifyLake({ lake, catalogue });
  await replaceLake(bucketDirectory, lakeDirectory);
  if (missing.length + unexpected.length + wrong.length > 0) {
    output.info(
      `${red('✖')} ${missing.length} documents missing, ${unexpected.length} unexpected, ${wrong.length} wrong: see ./${LAKE}.`,
    );
    return 1;
  }
  output.info(
    [
      `${green('✔')} ${movies.toLocaleString('en-US')} movies and ${reviews.toLocaleString('en-US')} reviews, all as expected.`,
      '  Two IMDb IDs of a partition can share a TMDB movie: it is',
      '  stored once, and the manifest records the second ID as a',
      '  duplicate. Across partitions, each stores the movie.',
      '',
      bold('Try next:'),
      `  ls ${LAKE}/tmdb/movies/*/*   # the documents`,
      '  npm run sandbox                  # a shell with stand-ins',
      '',
      bold('Then, with your own TMDB API key:'),
      '  # https://www.themoviedb.org/settings/api',
      '  npx tdd development',
      '  npx tdd download --year 2004 --initial AD --to lake',
    ]
      .map((line) => line.replace(/#.*$/, (comment) => dim(comment)))
      .join('\n'),
  );
  return 0;
}

/** Copies the bucket, then replaces the copy of an earlier tour. */
async function replaceLake(bucketDirectory: string, lakeDirectory: string): Promise<void> {
  const copy = await mkdtemp(`${lakeDirectory}-`);
  try {
    await cp(bucketDirectory, copy, { recursive: true });
    await writeFile(join(copy, MARKER), 'The next tour ("npm start") replaces this folder.\n');
    await rm(lakeDirectory, { recursive: true, force: true });
    await rename(copy, lakeDirectory);
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
}
