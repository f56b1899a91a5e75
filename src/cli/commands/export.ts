import { existsSync } from 'node:fs';
import { type ExportReport, exportTables } from '../../app/export.ts';
import { openLakeAt } from '../../app/open-aws.ts';
import { CancelledError, InvalidValueError, UsageError } from '../../errors.ts';
import { checkYearOrder } from '../../fleet/filters.ts';
import { BucketMissingError, type Lake } from '../../lake/lake.ts';
import { type LakeLocation, parseDestination } from '../../lake/open-lake.ts';
import { parseYear } from '../../partition.ts';
import { type ExportFormat, SUFFIXES } from '../../tables/formats.ts';
import { quote } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import type { CommandContext } from '../context.ts';
import { type Flags, readFlag } from '../flags.ts';
import { formatExport, formatExportPlan } from '../format-export.ts';
import { checkDirectory, processOf, readPlace } from '../open-connection.ts';
import { createProgress } from '../progress.ts';

/** The input of `tdd export`. */
interface ExportInput {
  readonly from: LakeLocation;
  /** Whether `--from` names the lake. */
  readonly isNamed: boolean;
  readonly to: LakeLocation;
  readonly format: ExportFormat;
  readonly minYear: number | undefined;
  readonly maxYear: number | undefined;
}

const FORMATS = Object.keys(SUFFIXES) as ExportFormat[];

/** `tdd export`: writes the lake as tables that databases load. */
export const exportLake = defineCommand<ExportInput, ExportReport>({
  description:
    'Writes the movies, the reviews and the state of each title as three tables that DuckDB, Athena, Redshift, Spark ' +
    'and pandas load: one file per table and year, and the SQL that loads them. A lake of the earlier Python tool can ' +
    'be exported, too.\n\n' +
    'The same command again writes only the years that have changed, and resumes an interrupted export. Complete ' +
    'partitions of an earlier version also get their parts in the lake, which make the next export fast. It needs no ' +
    'TMDB API key and, for directories, no AWS account.',
  settings: COMMAND_SETTINGS.export,
  examples: [
    ['tdd export --from lake --to tables', 'export a directory lake to another directory'],
    ['tdd export --to s3://my-tables/tmdb', 'export the configured bucket to another bucket'],
    ['tdd export --to csv --format csv --min-year 2020', 'export some years as CSV'],
  ],
  declare: (command) =>
    command
      .option('--to <PLACE>', 'directory or s3://bucket/prefix for the files (required)')
      .option('--from <PLACE>', 'directory or s3://bucket of the data lake (default: the configured bucket)')
      .option('--format <FORMAT>', `${FORMATS.join(', ')} (default: parquet)`)
      .option('--min-year <YYYY>', 'first year (default: the first year of the lake)')
      .option('--max-year <YYYY>', 'last year (default: the last year of the lake)'),
  readInput,
  run,
  format: formatExport,
  exitCode: ({ unreadable }) => (unreadable.length > 0 ? 1 : 0),
});

async function readInput(context: CommandContext, flags: Flags): Promise<ExportInput> {
  const to = readPlace(context, flags, '--to', parseDestination);
  if (to === undefined) {
    throw new UsageError('--to is missing: name a directory or s3://bucket/prefix for the files.');
  }
  const format = flags.format === undefined ? 'parquet' : await parseFormat(String(flags.format));
  const minYear = readFlag(flags, '--min-year', parseYear);
  const maxYear = readFlag(flags, '--max-year', parseYear);
  if (minYear !== undefined && maxYear !== undefined) checkYearOrder(minYear, maxYear);
  const named = readPlace(context, flags, '--from');
  if (named?.kind === 'directory' && !existsSync(named.directory)) {
    throw new UsageError(`The directory ${quote(named.directory, 1_000)} does not exist: check --from.`);
  }
  await checkDirectory(to, '--to', { writes: true });
  if (named !== undefined) await checkDirectory(named, '--from');
  const { bucketName: bucket } = await context.readSettings();
  const from = named ?? (bucket === undefined ? undefined : { kind: 's3' as const, bucket });
  if (from === undefined) {
    throw new UsageError(
      'No bucket is configured: use --from to name the data lake, a directory or s3://bucket. "tdd development" saves a bucket.',
    );
  }
  return { from, isNamed: named !== undefined, to, format, minYear, maxYear };
}

/** @throws {InvalidValueError} for an unknown format, with a suggestion if one is similar. */
async function parseFormat(text: string): Promise<ExportFormat> {
  const name = text.trim().toLowerCase();
  const format = FORMATS.find((each) => each === name);
  if (format !== undefined) return format;
  const { closestName } = await import('../../config/closest-name.ts'); // Needed only for mistakes.
  const closest = closestName(name, FORMATS);
  const hint = closest === undefined ? '' : ` Did you mean ${closest}?`;
  throw new InvalidValueError('--format', `must be parquet, jsonl or csv (got ${quote(text)}).${hint}`);
}

async function run(context: CommandContext, input: ExportInput): Promise<ExportReport> {
  const { clock, signal, output } = context;
  const { format, minYear, maxYear } = input;
  const lake = await openPlace(context, input.from, input.isNamed ? '--from' : undefined);
  const target = await openPlace(context, input.to, '--to');
  const bar = createProgress(context, 'movies', { waiting: 'Reading the lake' });
  try {
    return await exportTables({ lake, clock }, target, {
      format,
      ...(minYear !== undefined && { minYear }),
      ...(maxYear !== undefined && { maxYear }),
      signal,
      onPlan: (plan) => {
        if (plan.years + plan.unchanged === 0) throw noSuchYears(lake, input);
        if (plan.years > 0) output.info(formatExportPlan(plan, { format, to: target.url }));
      },
      onPartsNotWritten: (reason) =>
        output.warn(
          `The parts are not saved in the lake, so the next export reads the documents again: ${reason}`,
        ),
      onTitlesMissing: (reason) => output.warn(`IMDb's titles are missing in the table "titles": ${reason}`),
      onProgress: ({ year, years, movies }) =>
        bar.update({
          ...movies,
          fields: [`year ${year}`, ...(years.total > 1 ? [`${years.done} of ${years.total} years`] : [])],
        }),
    });
  } catch (error) {
    if (!(signal.reason instanceof CancelledError)) throw error;
    throw new CancelledError('Interrupted: run the same command again to resume.', { cause: error });
  } finally {
    bar.stop();
  }
}

function noSuchYears({ url }: Lake, { minYear, maxYear }: ExportInput): UsageError {
  const ends = [
    ...(minYear === undefined ? [] : [`from ${minYear}`]),
    ...(maxYear === undefined ? [] : [`to ${maxYear}`]),
  ];
  const range = minYear === maxYear ? `year ${minYear}` : `years ${ends.join(' ')}`;
  return new UsageError(
    `The lake ${quote(url, 1_000)} has no movies of the ${range}: check --min-year and --max-year.`,
  );
}

/** Opens a lake or a destination. @throws {UsageError} naming the flag when its bucket does not exist. */
async function openPlace(
  context: CommandContext,
  location: LakeLocation,
  flag: '--from' | '--to' | undefined,
): Promise<Lake> {
  return openLakeAt(processOf(context), location).catch((error: unknown) => {
    if (!(error instanceof BucketMissingError) || location.kind !== 's3' || flag === undefined) throw error;
    throw new UsageError(`The bucket "${location.bucket}" does not exist: check ${flag}.`, { cause: error });
  });
}
