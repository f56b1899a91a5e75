import type { ExportPlan, ExportReport } from '../app/export.ts';
import { isBucketUrl } from '../bucket-name.ts';
import { parseDocumentKey, partitionOfManifestKey } from '../lake/keys.ts';
import type { ExportFormat } from '../tables/formats.ts';
import { duckDbCommand } from '../tables/sql/duckdb.ts';
import { escapeControls, formatCount, formatNumberOf, toOneLine } from '../text.ts';
import { formatBytes, formatDollars, formatTable, formatTook, indent, indented } from './format.ts';
import type { Style } from './output.ts';
import { quoteWord } from './suggestions.ts';

const FORMAT_NAMES: Readonly<Record<ExportFormat, string>> = {
  parquet: 'Parquet',
  jsonl: 'JSON Lines',
  csv: 'CSV',
};

/** How many documents per second S3 delivers: 32 reads at once of some 60 ms each. */
const DOCUMENTS_PER_SECOND = 500;
/** Further unreadable documents are only counted. */
const SHOWN_UNREADABLE = 5;

/** Formats what an export is going to do. */
export function formatExportPlan(
  { years, unchanged, movies, documents, lackParts, getDollars }: ExportPlan,
  { format, to }: { readonly format: ExportFormat; readonly to: string },
): string {
  const rest = unchanged > 0 ? `; ${formatNumberOf(unchanged, 'year')} unchanged` : '';
  const place = toOneLine(to, 1_000);
  const lines = [
    `Exporting ${formatNumberOf(movies, 'movie')} of ${formatNumberOf(years, 'year')} to ${place} as ${FORMAT_NAMES[format]}${rest} …`,
  ];
  if (documents > 0) {
    const effort =
      getDollars === undefined
        ? ''
        : ` (${formatMinutes(documents / DOCUMENTS_PER_SECOND)}; GET requests ${formatDollars(getDollars)})`;
    const parts =
      lackParts > 0
        ? ' Complete partitions then get parts in the lake, which make the next export fast.'
        : '';
    lines.push(`${formatNumberOf(documents, 'document')} must be read one by one${effort}.${parts}`);
  }
  return lines.join('\n');
}

function formatMinutes(seconds: number): string {
  return seconds < 60 ? 'less than a minute' : `about ${formatCount(seconds / 60)} min`;
}

/** Formats the result of `tdd export`: the sizes of the tables, the documents that cannot be read, and how to load it. */
export function formatExport(report: ExportReport, style: Style): string {
  const { to, format, years, tables, seconds } = report;
  const written = years.written.length;
  const unchanged = `${formatNumberOf(years.unchanged, 'year')} unchanged`;
  const place = toOneLine(to, 1_000);
  const headline =
    written === 0
      ? `Nothing has changed: ${place} is up to date (${formatNumberOf(years.unchanged, 'year')}).`
      : `Exported ${formatNumberOf(written, 'year')} to ${place} as ${FORMAT_NAMES[format]} in ${formatTook(seconds)}${years.unchanged > 0 ? `; ${unchanged}` : ''}.`;
  const rows = Object.entries(tables).map(([name, { rows: count, bytes }]) => [
    name,
    formatCount(count),
    formatBytes(bytes),
  ]);
  const columns = [
    { title: 'table' },
    { title: 'rows', align: 'right' },
    { title: 'size', align: 'right' },
  ] as const;
  return [
    `${report.unreadable.length > 0 ? style.yellow('!') : style.green('✔')} ${headline}`,
    indent(formatTable(columns, rows, indented(style))),
    ...formatUnreadable(report, style),
    ...formatIncomplete(report, style),
    '',
    ...formatNext(report, style),
  ].join('\n');
}

function formatUnreadable({ unreadable, from }: ExportReport, style: Style): string[] {
  const [first] = unreadable;
  if (first === undefined) return [];
  const shown = unreadable.slice(0, SHOWN_UNREADABLE);
  const more = unreadable.length - shown.length;
  const partition = parseDocumentKey(first)?.partition ?? partitionOfManifestKey(first);
  return [
    '',
    `${style.red('✖')} ${describeUnreadable(unreadable)}:`,
    ...shown.map((key) => `  ${toOneLine(key, 1_000)}`),
    ...(more > 0 ? [`  and ${formatCount(more)} more: --json lists all`] : []),
    ...(partition === undefined
      ? []
      : [
          '  Download the partition of each again, then export again:',
          `  ${style.command(`tdd download --year ${partition.year} --initial ${partition.initial} --refresh --to ${word(from)}`)}`,
        ]),
  ];
}

function formatIncomplete({ incomplete }: ExportReport, style: Style): string[] {
  if (incomplete === 0) return [];
  const [are, their] = incomplete === 1 ? ['is', 'its'] : ['are', 'their'];
  return [
    '',
    `${style.yellow('!')} ${formatNumberOf(incomplete, 'partition')} ${are} not complete: ${their} missing movies are not in the tables.`,
  ];
}

/** Describes documents, whose content is not in the tables, and damaged manifests, whose documents all are. */
function describeUnreadable(keys: readonly string[]): string {
  const manifests = keys.filter((key) => partitionOfManifestKey(key) !== undefined).length;
  const documents = keys.length - manifests;
  const [are, they] = documents === 1 ? ['is', 'it is'] : ['are', 'they are'];
  const [manifestsAre, their] = manifests === 1 ? ['is', 'its'] : ['are', 'their'];
  return [
    ...(documents > 0
      ? [`${formatNumberOf(documents, 'document')} ${are} missing or damaged, so ${they} not in the tables`]
      : []),
    ...(manifests > 0
      ? [
          `${formatNumberOf(manifests, 'manifest')} ${manifestsAre} damaged, so titles without a movie are missing in ${their} partition${manifests === 1 ? '' : 's'}`,
        ]
      : []),
  ].join('; ');
}

/** Formats the commands that load the tables into DuckDB, each on a line of its own so that it can be copied. */
function formatNext({ to, format }: ExportReport, { bold }: Style): string[] {
  const script = 'load-duckdb.sql';
  const url = word(`${to}/${script}`);
  const load = (path: string) => duckDbCommand({ format, place: to }, path);
  if (!isBucketUrl(to)) return [`Next: ${bold(load(url))}`];
  // DuckDB's command line reads scripts only from files.
  const commands = [`aws s3 cp ${url} .`, load(script)];
  return ['Next:', ...commands.map((command) => `  ${bold(command)}`)];
}

function word(text: string): string {
  return escapeControls(quoteWord(text));
}
