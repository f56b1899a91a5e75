import { type BadInput, DOWNLOAD } from './bad-input.ts';

/** Flags and arguments. */
export const FLAGS: readonly BadInput[] = [
  {
    what: 'an unknown command',
    argv: 'deplyo',
    exitCode: 2,
    sentence: /Unknown command "deplyo"\. Did you mean deploy\?/,
  },
  {
    what: 'an unknown flag',
    argv: `${DOWNLOAD} --limt 1`,
    exitCode: 2,
    sentence: /Unknown option "--limt"\. Did you mean --limit\?/,
  },
  {
    what: 'a flag without its value',
    argv: 'download --year --initial TH',
    exitCode: 2,
    sentence: /^tdd: --year needs a value: --year <YYYY>\./,
  },
  {
    what: 'half a partition',
    argv: 'simulate --year 2021',
    exitCode: 2,
    sentence: /--initial is missing\. Use --year and --initial together/,
  },
  {
    what: 'a year that is not one',
    argv: 'download --year 21 --initial TH',
    exitCode: 2,
    sentence: /^tdd: --year must be four digits .*\(got "21"\)\.$/,
  },
  {
    what: 'an initial that is not one',
    argv: 'download --year 2021 --initial THE',
    exitCode: 2,
    sentence: /^tdd: --initial must be .*\(got "THE"\)\.$/,
  },
  {
    what: 'an IMDb ID of a person',
    argv: 'download --imdb-id nm0000206 --to lake',
    exitCode: 2,
    sentence: /^tdd: --imdb-id must be .*\(got "nm0000206"\)\.$/,
  },
  {
    what: 'an age without a unit',
    argv: 'launch --older-than 30 --yes',
    exitCode: 2,
    sentence: /^tdd: --older-than must be .*\(got "30"\)\.$/,
  },
  {
    what: 'years in the wrong order',
    argv: 'launch --min-year 2020 --max-year 2010 --yes',
    exitCode: 2,
    sentence: /^tdd: --min-year must not be after --max-year/,
  },
  {
    what: 'a partition to redrive that is not one',
    argv: 'redrive --partition 2004-AD --yes',
    exitCode: 2,
    sentence: /^tdd: --partition must be .*\(got "2004-AD"\)\.$/,
  },
  {
    what: '--watch with --json',
    argv: 'status --watch --json',
    exitCode: 2,
    sentence: /--watch and --json cannot be used together/,
  },
  {
    what: 'a question without a terminal',
    argv: 'launch --datalake-bucket-name a-lake',
    exitCode: 2,
    sentence: /without a terminal: use --yes to launch, or --dry-run/,
  },
];
