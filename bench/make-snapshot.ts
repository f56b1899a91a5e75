import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { awkwardTitles, otherTypes, words } from './snapshot-words.ts';

/** The parameters of a synthetic snapshot. The same parameters give the same text. */
export interface SnapshotShape {
  readonly rows?: number;
  /** The number of movies among the rows. */
  readonly movies?: number;
  readonly seed?: number;
}

const compress = promisify<Buffer, object, Buffer>(deflateRaw);
const BLOCK_BYTES = 1_048_576;
/** Enough for two cores: one generates rows, both compress. */
const BLOCKS_IN_FLIGHT = 6;
const HEADER =
  'tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n';

/**
 * Creates a `title.basics.tsv.gz` like IMDb's in size, columns, order and kinds of titles, in the system's folder for
 * temporary files, unless it already exists.
 * @returns its path.
 */
export async function makeSnapshot({
  rows = 12_000_000,
  movies = 700_000,
  seed = 1,
}: SnapshotShape = {}): Promise<string> {
  const folder = join(tmpdir(), 'tdd-bench');
  const path = join(folder, `title.basics-v1-${rows}-${movies}-${seed}.tsv.gz`);
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  try {
    await writeGzip(unfinished, cutBlocks(makeRows(rows, movies, seed)));
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

/** Writes one gzip member from blocks that are compressed in parallel, as pigz does. */
async function writeGzip(path: string, blocks: Iterable<Buffer>): Promise<void> {
  const out = createWriteStream(path);
  out.write(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
  const waiting: Promise<Buffer>[] = [];
  let checksum = 0;
  let bytes = 0;
  const write = async (): Promise<void> => {
    const packed = await waiting.shift();
    if (packed && !out.write(packed)) await once(out, 'drain');
  };
  for (const block of blocks) {
    checksum = crc32(block, checksum);
    bytes += block.length;
    waiting.push(compress(block, { level: 6, finishFlush: constants.Z_FULL_FLUSH }));
    if (waiting.length >= BLOCKS_IN_FLIGHT) await write();
  }
  while (waiting.length > 0) await write();
  const end = Buffer.alloc(10);
  end.set([3, 0]); // an empty last block
  end.writeUInt32LE(checksum, 2);
  end.writeUInt32LE(bytes % 2 ** 32, 6);
  out.end(end);
  await finished(out);
}

function* cutBlocks(rows: Iterable<string>): Generator<Buffer> {
  let text = HEADER;
  for (const row of rows) {
    text += row;
    if (text.length < BLOCK_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** Generates rows in the file's order: IDs sort as text, so 8-digit IDs are among 7-digit ones. */
function* makeRows(rows: number, movies: number, seed: number): Generator<string> {
  const random = createRandom(seed);
  const movieShare = movies / rows;
  let left = rows;
  let candidates = 9_999_999 + 30_000_000;
  for (let number = 1; number <= 9_999_999 && left > 0; number++) {
    const id = String(number).padStart(7, '0');
    const ids = number >= 1_000_000 && number < 4_000_000 ? 11 : 1;
    for (let at = 0; at < ids && left > 0; at++) {
      if (random() * candidates-- >= left) continue;
      left--;
      yield makeRow(`tt${id}${at === 0 ? '' : at - 1}`, movieShare, random);
    }
  }
}

function makeRow(id: string, movieShare: number, random: () => number): string {
  const kind = random();
  const isMovie = kind < movieShare;
  const type = isMovie ? 'movie' : pick(otherTypes, (kind - movieShare) / (1 - movieShare));
  const title = makeTitle(type, random);
  const original = random() < 0.05 ? `${title} ${pick(words, random())}` : title;
  // Most movies are recent; one in ten has no year.
  const year = random() < 0.1 ? '\\N' : String(2027 - Math.floor(134 * random() ** 2.5));
  const runtime = random() < 0.35 ? String(1 + Math.floor(random() * 180)) : '\\N';
  const genre = GENRES[Math.floor(random() ** 2 * GENRES.length)];
  return `${id}\t${type}\t${title}\t${original}\t0\t${year}\t\\N\t${runtime}\t${genre}\n`;
}

function makeTitle(type: string, random: () => number): string {
  const luck = random();
  if (type === 'tvEpisode' && luck < 0.4) {
    return `Episode #${1 + Math.floor(random() ** 3 * 30)}.${1 + Math.floor(random() ** 2 * 400)}`;
  }
  if (luck > 0.97) return `${pick(awkwardTitles, random())} ${pick(words, random())}`;
  let title = random() < 0.18 ? 'The' : random() < 0.08 ? 'A' : pick(words, random() ** 2);
  for (let more = Math.floor(random() * 4); more > 0; more--) title += ` ${pick(words, random() ** 2)}`;
  return title;
}

const GENRES = [
  'Drama',
  'Comedy',
  'Talk-Show',
  'Documentary',
  'News',
  'Drama,Romance',
  '\\N',
  'Comedy,Talk-Show',
  'Reality-TV',
  'Animation,Comedy,Family',
  'Action,Adventure,Drama',
  'Crime,Drama,Mystery',
  'Game-Show',
  'Horror',
  'Music',
  'Short',
  'Sport',
  'Adult',
  'Biography,Documentary,History',
  'Fantasy,Romance,Sci-Fi',
];

function pick(from: readonly string[], share: number): string {
  return from[Math.floor(share * from.length)] ?? '';
}

/** Mulberry32: numbers in [0, 1) that depend only on the seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
