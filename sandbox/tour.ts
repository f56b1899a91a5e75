import { existsSync } from 'node:fs';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../src/cli/context.ts';
import { UsageError } from '../src/errors.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import { bestMoviesQuery, findBestMovies, formatBestMovies } from './best-movies.ts';
import { runChild, TDD_PATH } from './run-child.ts';
import type { Sandbox } from './start-sandbox.ts';
import { verifyLake } from './verify-lake.ts';

/** A catalogue that the fleet downloads within half a minute. */
export const TOUR_CATALOGUE = { titles: 400, years: [2023, 2024] };

/** The folders that the tour leaves in the working directory. */
const LAKE = 'sandbox-lake';
const TABLES = 'sandbox-tables';
/** A file that marks a folder as one that the tour may replace. */
const MARKER = '.tdd-tour';

/** A command's own hint to run it again would not help: the sandbox is gone. */
const STOPPED = 'The tour has stopped, and its sandbox with it.\nTo take the tour again: npm start';

interface Step {
  readonly caption: string;
  readonly args: readonly string[];
}

/** A user's first commands. Captions are at most 60 columns wide, as is everything that the tour prints. */
const STEPS: readonly Step[] = [
  { caption: 'Save the settings: an API key and a bucket.', args: ['development', '--yes'] },
  { caption: 'Create the bucket, the queues and the Lambda workers.', args: ['deploy', '--yes'] },
  { caption: 'Queue one message per partition.', args: ['launch', '--min-year', '1900', '--yes'] },
  { caption: 'Follow the workers until the fleet is complete.', args: ['status', '--watch', '--totals'] },
];
const EXPORT: Step = {
  caption: 'Export the lake as tables: Parquet files.',
  args: ['export', '--from', LAKE, '--to', TABLES],
};

/**
 * Runs the real commands in the sandbox, compares every document in the lake with the catalogue, exports the lake, queries
 * the tables, and suggests next steps.
 * @throws {UsageError} before anything runs, when `./sandbox-lake` or `./sandbox-tables` exists and is not from a tour.
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
  const tablesDirectory = join(io.cwd, TABLES);
  for (const directory of [lakeDirectory, tablesDirectory]) requireReplaceable(directory);
  const caption = (text: string): void => output.info(dim(`\n# ${text}`));
  const movieRows = catalogue.cases.length.toLocaleString('en-US');
  output.info(
    [
      bold('\nThe real commands of tdd, with local stand-ins for TMDB,'),
      bold(`IMDb and AWS and a list of ${movieRows} invented movies.`),
    ].join('\n'),
  );
  const run = async (step: Step): Promise<number> => {
    caption(step.caption);
    output.info(cyan(`$ tdd ${step.args.join(' ')}`));
    let exitCode: number | undefined;
    try {
      exitCode = await runChild(context, process.execPath, [TDD_PATH, ...step.args], environment);
    } finally {
      if (exitCode !== 0) output.info(`\n${STOPPED}`);
    }
    return exitCode;
  };
  for (const step of STEPS) {
    const exitCode = await run(step);
    if (exitCode !== 0) return exitCode;
  }
  caption('Compare every document in the bucket with the catalog.');
  const lake = createDirectoryLake({ directory: bucketDirectory });
  const { movies, reviews, missing, unexpected, wrong } = await verifyLake({ lake, catalogue });
  await replaceFolder(lakeDirectory, (folder) => cp(bucketDirectory, folder, { recursive: true }));
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
    ].join('\n'),
  );
  await replaceFolder(tablesDirectory, () => {});
  const exitCode = await run(EXPORT);
  if (exitCode !== 0) return exitCode;
  caption('The best movies and their reviews, with DuckDB.');
  output.info(cyan(bestMoviesQuery(TABLES)));
  const found = await findBestMovies(tablesDirectory);
  output.info(
    typeof found === 'string'
      ? `DuckDB cannot be loaded on this machine, so this query was not run: ${found}`
      : `\n${formatBestMovies(found, output.style)}`,
  );
  output.info(
    [
      '',
      bold('Try next:'),
      `  ls ${LAKE}/tmdb/movies/*/*   # the documents`,
      `  ls ${TABLES}/*/*             # the tables`,
      '  npm run sandbox                   # a shell with stand-ins',
      '',
      bold('Then, with your own TMDB API key:'),
      '  # https://www.themoviedb.org/settings/api',
      '  npx tdd download --year 2004 --initial AD --to lake',
    ]
      .map((line) => line.replace(/#.*$/, (comment) => dim(comment)))
      .join('\n'),
  );
  return 0;
}

/** @throws {UsageError} when a folder with this name exists and is not from a tour. */
function requireReplaceable(directory: string): void {
  if (!existsSync(directory) || existsSync(join(directory, MARKER))) return;
  throw new UsageError(
    `"${directory}" exists and is not from a tour: move it, or run the tour in another folder.`,
  );
}

/** Fills a new folder, then replaces that of an earlier tour with it. */
async function replaceFolder(
  directory: string,
  fill: (folder: string) => Promise<void> | void,
): Promise<void> {
  const folder = await mkdtemp(`${directory}-`);
  try {
    await fill(folder);
    await writeFile(join(folder, MARKER), 'The next tour ("npm start") replaces this folder.\n');
    requireReplaceable(directory);
    await rm(directory, { recursive: true, force: true });
    await rename(folder, directory);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
