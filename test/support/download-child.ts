import { systemClock } from '../../src/clock.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import { downloadCatalogue } from './download-catalogue.ts';
import { createFastClock } from './fast-clock.ts';

/** A child process that downloads a catalogue, for tests to kill. Arguments: DIRECTORY TMDB_URL IMDB_URL KEY RUN. */
const [directory = '', tmdbUrl = '', imdbUrl = '', apiKey = '', run = ''] = process.argv.slice(2);
const lake = createDirectoryLake({ directory });
const reports = await downloadCatalogue(
  { lake, clock: createFastClock(50, systemClock.now()) },
  { tmdbUrl, imdbUrl, apiKey, run },
);
process.exitCode = reports.every(({ complete }) => complete) ? 0 : 1;
