import { createCatalogue } from '../sandbox/catalogue.ts';
import { startTmdbStandIn } from '../sandbox/tmdb-stand-in.ts';
import { initialOf } from '../src/imdb/title-partition.ts';
import type { TmdbProcessOptions, TmdbQuestion, TmdbReport } from './tmdb-process.ts';

const KEY_CHECK = '/3/authentication';

/** Runs the stand-in for TMDB until its parent disconnects. Argument: its options, as JSON. */
const options: TmdbProcessOptions = JSON.parse(process.argv[2] ?? '');
const tmdb = await startTmdbStandIn({ ...options, catalogue: createCatalogue({ initialOf }, options) });

process.on('message', ({ faults, isAll }: TmdbQuestion) => {
  if (faults !== undefined) tmdb.setFaults(faults);
  report(
    isAll
      ? tmdb
          .stats()
          .requests.filter(({ path }) => path !== KEY_CHECK)
          .map(({ atMs, status }) => ({ atMs, status }))
      : [],
  );
});
process.once('disconnect', () => void tmdb.stop());
report([]);

function report(requests: TmdbReport['requests']): void {
  process.send?.({ url: tmdb.url, count: tmdb.countRequests(), requests });
}
