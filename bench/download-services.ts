import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAws } from '../sandbox/aws/start-aws.ts';
import { startImdbStandIn } from '../sandbox/imdb-stand-in.ts';

/** The addresses that this process sends to its parent. */
export interface DownloadServices {
  readonly tmdbUrl: string;
  readonly s3Url: string;
  /** The environment of an AWS client. */
  readonly aws: Readonly<Record<string, string>>;
  /** Empty without a list. */
  readonly imdbUrl: string;
}

/**
 * TMDB, AWS and, with a list, IMDb for the download benches, in their own process. TMDB answers as fast as possible.
 * Arguments: the folder of the state of AWS; the path of the list.
 */
const [, , directory = '', list] = process.argv;
const tmdb = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://x');
  const imdbId = /^\/3\/movie\/(tt\d+)$/.exec(pathname)?.[1];
  if (imdbId?.startsWith('tt8')) send(response, 404, { status_code: 34, status_message: 'not found' });
  else if (imdbId) send(response, 200, movieOf(imdbId));
  else send(response, 200, { movie_results: [] });
}).listen(0, '127.0.0.1');
const aws = await startAws({ directory });
const imdb = list === undefined ? undefined : await startImdbStandIn({ source: await readFile(list) });
const services: DownloadServices = {
  tmdbUrl: `http://127.0.0.1:${(tmdb.address() as AddressInfo).port}`,
  s3Url: aws.endpoint,
  aws: aws.environment,
  imdbUrl: imdb?.url ?? '',
};
process.send?.(services);
process.on('disconnect', () => process.exit());

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A document of typical size, about 1.6 KB. */
function movieOf(imdbId: string): Record<string, unknown> {
  return {
    id: Number(imdbId.slice(2)),
    imdb_id: imdbId,
    title: 'The Lighthouse Keeper of Nowhere',
    original_title: 'The Lighthouse Keeper of Nowhere',
    overview: 'A keeper of a lighthouse that no ship passes finds a letter in a bottle. '.repeat(6),
    genres: [
      { id: 18, name: 'Drama' },
      { id: 9648, name: 'Mystery' },
    ],
    production_companies: [1, 2, 3].map((id) => ({
      id,
      name: `Company ${id}`,
      origin_country: 'US',
      logo_path: null,
    })),
    production_countries: [{ iso_3166_1: 'US', name: 'United States of America' }],
    spoken_languages: [{ english_name: 'English', iso_639_1: 'en', name: 'English' }],
    release_date: '2004-05-25',
    popularity: 16.07,
    vote_average: 8.1,
    vote_count: 1557,
    adult: false,
    video: false,
    status: 'Released',
    tagline: '',
    budget: 0,
    revenue: 0,
    runtime: 117,
    poster_path: '/vfrQk5IPloGg1v9Rzbh2Eg3VGyM.jpg',
    backdrop_path: null,
    reviews: { page: 1, results: [], total_pages: 0, total_results: 0 },
  };
}
