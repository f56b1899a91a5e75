import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectoryLake } from '../lake/directory-lake.ts';
import { type Partition, partitionName } from '../partition.ts';
import type { Sandbox } from '../sandbox/start-sandbox.ts';
import { verifyLake } from '../sandbox/verify-lake.ts';
import type { CommandContext } from './context.ts';
import { runChild } from './run-child.ts';
import { TDD_PATH } from './tdd-shim.ts';

const LAKE = 'sandbox-lake';
const PARTITIONS = 3;

/**
 * The whole way on one screen: downloads partitions of the invented catalogue into a directory, compares every
 * document with the truth, and says what to do next.
 * @returns an exit code: 1 when a document is missing, too much or wrong.
 */
export async function takeTour(
  context: CommandContext,
  { catalogue, tmdb }: Sandbox,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { output, io, signal } = context;
  const { style } = output;
  const directory = join(io.cwd, LAKE);
  await rm(directory, { recursive: true, force: true });
  const partitions = largestPartitions([...catalogue.truth().values()].map(({ partition }) => partition));
  output.info(
    `${style.bold('The sandbox is up')}: TMDB at ${tmdb.url}, ${catalogue.cases.length} invented movies.`,
  );
  for (const { year, initial } of partitions) {
    const args = ['download', '--year', String(year), '--initial', initial, '--to', LAKE];
    output.info(`\n${style.cyan(`$ tdd ${args.join(' ')}`)}`);
    const exitCode = await runChild(context, process.execPath, [TDD_PATH, ...args], environment);
    if (exitCode !== 0 || signal.aborted) return exitCode;
  }
  const lake = createDirectoryLake({ directory });
  const { movies, reviews, missing, unexpected, wrong } = await verifyLake(
    { lake, catalogue },
    { partitions },
  );
  const bad = missing.length + unexpected.length + wrong.length;
  output.info(
    bad === 0
      ? `\n${style.green('✔')} Each of ${movies} movies and ${reviews} reviews compared with the truth: all there, none wrong.`
      : `\n${style.red('✖')} ${missing.length} documents are missing, ${unexpected.length} too many, ${wrong.length} wrong.`,
  );
  output.info(nextSteps(partitions, style.bold));
  return bad === 0 ? 0 : 1;
}

function nextSteps([first]: readonly Partition[], bold: (text: string) => string): string {
  const folder = first ? `year-${first.year}/initial-${first.initial}/` : '';
  return [
    `The documents lie in ${bold(`${LAKE}/tmdb/movies/${folder}`)} and …/reviews/${folder}`,
    '',
    'With your own TMDB key (https://www.themoviedb.org/settings/api):',
    `  ${bold('npx tdd development')}                                    writes config.ini`,
    `  ${bold('npx tdd download --year 2004 --initial AD --to lake')}    a real partition`,
  ].join('\n');
}

/** The partitions with the most movies, the largest first. */
function largestPartitions(all: readonly Partition[]): Partition[] {
  const sizes = new Map<string, { partition: Partition; titles: number }>();
  for (const partition of all) {
    const size = sizes.get(partitionName(partition)) ?? { partition, titles: 0 };
    size.titles += 1;
    sizes.set(partitionName(partition), size);
  }
  const sorted = [...sizes.values()].sort((a, b) => b.titles - a.titles);
  return sorted.slice(0, PARTITIONS).map(({ partition }) => partition);
}
