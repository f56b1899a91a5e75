import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Lake, LakeEntry } from '../../src/lake/lake.ts';

const JSON_TYPE = 'application/json';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Keys that are legal in S3 and as file names, but that programs often mishandle. */
const ODD_KEYS = [
  'odd/a b+c.json',
  'odd/100%25&co=1?x#y.json',
  'odd/quote\'s "double" <tag>.json',
  'odd/(1)!*~$@,;:.json',
  'odd/Ünïcödé 北京 🎬.json',
  'odd/.hidden/..json',
  'odd/-leading and trailing -',
  'odd/back\\slash.json',
];

/**
 * Defines the tests that every kind of lake must pass.
 * @param options.openLake opens a new, empty lake.
 * @param options.parallelLakes opens two lakes with the same objects, as two processes would.
 */
export function describeLakeContract({
  openLake,
  parallelLakes,
  streamedMb,
  swappers,
  swaps,
}: {
  openLake: () => Promise<Lake>;
  parallelLakes: () => Promise<[Lake, Lake]>;
  /** The size of the streamed object in MiB. From 96 on, its test shows that memory is bounded. */
  streamedMb: number;
  /** The number of concurrent callers in the test of compare-and-swap, which share `swaps` equally. */
  swappers: number;
  swaps: number;
}): void {
  describe('objects', () => {
    test('returns what was written, with the version that the write returned', async () => {
      const lake = await openLake();
      const etag = await lake.write('a/b/c.json', '{"title":"Ümlaut"}', JSON_TYPE);
      const read = await lake.read('a/b/c.json');
      expect(read?.body.toString()).toBe('{"title":"Ümlaut"}');
      expect(read?.etag).toBe(etag);
    });

    test('overwrites an object with bytes and gives it a new version', async () => {
      const lake = await openLake();
      const first = await lake.write('a', 'one', JSON_TYPE);
      const second = await lake.write('a', Buffer.from([0, 255, 10, 13]), JSON_TYPE);
      expect(second).not.toBe(first);
      expect((await lake.read('a'))?.body).toEqual(Buffer.from([0, 255, 10, 13]));
    });

    test('distinguishes an empty object from a missing one', async () => {
      const lake = await openLake();
      await lake.write('empty', '', JSON_TYPE);
      expect((await lake.read('empty'))?.body).toEqual(Buffer.alloc(0));
    });

    test('reports objects as absent, even if a key is a prefix of others', async () => {
      const lake = await openLake();
      await lake.write('folder/object', 'x', JSON_TYPE);
      for (const key of ['none', 'folder', 'folder/none', 'folder/object/below']) {
        expect(await lake.read(key), key).toBeUndefined();
        expect(await lake.readStream(key), key).toBeUndefined();
        expect(await lake.readRange(key, { offset: 0, length: 1, ifMatch: '"x"' }), key).toBeUndefined();
      }
    });

    test('preserves keys with unusual characters exactly', async () => {
      const lake = await openLake();
      for (const key of ODD_KEYS) await lake.write(key, key, JSON_TYPE);
      for (const key of ODD_KEYS) expect((await lake.read(key))?.body.toString()).toBe(key);
      const listed = (await listAll(lake, 'odd/')).map(({ key }) => key);
      expect(listed).toEqual(ODD_KEYS.toSorted(byUtf8));
    });
  });

  describe('ranges', () => {
    test('reads a range of the expected version', async () => {
      const lake = await openLake();
      const ifMatch = await lake.write('rows.tsv', '0123456789', 'text/plain');
      expect((await lake.readRange('rows.tsv', { offset: 3, length: 4, ifMatch }))?.toString()).toBe('3456');
      expect((await lake.readRange('rows.tsv', { offset: 9, length: 1, ifMatch }))?.toString()).toBe('9');
      expect(await lake.readRange('rows.tsv', { offset: 5, length: 0, ifMatch })).toEqual(Buffer.alloc(0));
    });

    test('returns undefined for a range of another version', async () => {
      const lake = await openLake();
      const ifMatch = await lake.write('rows.tsv', '0123456789', 'text/plain');
      await lake.write('rows.tsv', '0123456798', 'text/plain');
      expect(await lake.readRange('rows.tsv', { offset: 3, length: 4, ifMatch })).toBeUndefined();
    });

    test('throws when the object ends before the range', async () => {
      const lake = await openLake();
      const ifMatch = await lake.write('rows.tsv', '0123456789', 'text/plain');
      for (const offset of [8, 10, 100]) {
        await expect(lake.readRange('rows.tsv', { offset, length: 4, ifMatch })).rejects.toThrow(
          `ends before byte ${offset + 4}`,
        );
      }
    });
  });

  describe('streams', () => {
    test('writes a stream as one object and reads it as a stream', async () => {
      const lake = await openLake();
      const etag = await lake.writeStream('s', chunksOf('abc', 'def', ''), 'text/plain');
      expect((await lake.read('s'))?.etag).toBe(etag);
      const chunks: Buffer[] = [];
      for await (const chunk of (await lake.readStream('s')) ?? []) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe('abcdef');
    });

    test('writes an empty stream as an empty object', async () => {
      const lake = await openLake();
      await lake.writeStream('s', chunksOf(), 'text/plain');
      expect((await lake.read('s'))?.body).toEqual(Buffer.alloc(0));
    });

    test.each([
      ['at once', 0],
      ['after its last small chunk', 3],
      ['after 12 MB', 12 * 1024 * 1024],
    ])('writes nothing when the source throws %s', async (_, sizeBytes) => {
      const lake = await openLake();
      await lake.write('s', 'before', 'text/plain');
      const reason = new Error('The source broke.');
      await expect(lake.writeStream('s', breakingSource(sizeBytes, reason), 'text/plain')).rejects.toBe(
        reason,
      );
      expect((await lake.read('s'))?.body.toString()).toBe('before');
      expect((await listAll(lake, '')).map(({ key }) => key)).toEqual(['s']);
    });

    test(`streams ${streamedMb} MB with flat memory`, async () => {
      const lake = await openLake();
      const mebibyte = 1024 * 1024;
      let peak = 0;
      const before = measureMemory();
      const samplePeak = () => {
        peak = Math.max(peak, measureMemory() - before);
      };
      async function* source() {
        for (let index = 0; index < streamedMb; index += 1) {
          yield Buffer.alloc(mebibyte, index);
          if (index % 4 === 0) samplePeak();
        }
      }
      // Commands always pass a signal, which lives longer than the stream.
      const { signal } = new AbortController();
      await lake.writeStream('big', source(), 'text/plain', { signal });
      const listed = await listAll(lake, 'big');
      expect(listed[0]?.sizeBytes).toBe(streamedMb * mebibyte);

      let index = 0;
      for await (const chunk of (await lake.readStream('big', { signal })) ?? []) {
        expect(chunk[0]).toBe(Math.floor(index / mebibyte));
        const step = 4 * mebibyte;
        if (Math.floor(index / step) < Math.floor((index + chunk.length) / step)) samplePeak();
        index += chunk.length;
      }
      expect(index).toBe(streamedMb * mebibyte);
      // Parts in flight take up to 52 MB; holding all chunks, or their copies, would take 96 MB.
      expect(peak).toBeLessThan(72 * mebibyte);
    });
  });

  describe('abort', () => {
    test('throws the reason of a signal that is already aborted, and does nothing', async () => {
      const lake = await openLake();
      const etag = await lake.write('a', 'x', JSON_TYPE);
      const reason = new Error('Time is up.');
      const options = { signal: AbortSignal.abort(reason) };
      await expect(lake.read('a', options)).rejects.toBe(reason);
      await expect(lake.readRange('a', { offset: 0, length: 1, ifMatch: etag }, options)).rejects.toBe(
        reason,
      );
      await expect(lake.readStream('a', options)).rejects.toBe(reason);
      await expect(lake.write('a', 'y', JSON_TYPE, options)).rejects.toBe(reason);
      await expect(lake.writeStream('a', chunksOf('y'), JSON_TYPE, options)).rejects.toBe(reason);
      await expect(lake.compareAndSwap('a', 'y', JSON_TYPE, etag, options)).rejects.toBe(reason);
      await expect(listAll(lake, '', options)).rejects.toBe(reason);
      expect((await lake.read('a'))?.etag).toBe(etag);
    });

    test('ends a streamed write while its source sends nothing', async () => {
      const lake = await openLake();
      const controller = new AbortController();
      const reason = new Error('Time is up.');
      async function* source() {
        yield Buffer.alloc(11 * 1024 * 1024);
        queueMicrotask(() => controller.abort(reason));
        await new Promise(() => {});
      }
      const { signal } = controller;
      await expect(lake.writeStream('s', source(), 'text/plain', { signal })).rejects.toBe(reason);
      expect(await listAll(lake, '')).toEqual([]);
    });

    test('ends a stream that is being read', async () => {
      const lake = await openLake();
      await lake.write('s', Buffer.alloc(8 * 1024 * 1024), 'text/plain');
      const controller = new AbortController();
      const reason = new Error('Time is up.');
      const readAll = async () => {
        for await (const _ of (await lake.readStream('s', { signal: controller.signal })) ?? [])
          controller.abort(reason);
      };
      await expect(readAll()).rejects.toBe(reason);
    });
  });

  describe('compare-and-swap', () => {
    test('creates an object only if it does not exist', async () => {
      const lake = await openLake();
      const etag = await lake.compareAndSwap('m', 'first', JSON_TYPE, null);
      expect(await lake.compareAndSwap('m', 'second', JSON_TYPE, null)).toBeUndefined();
      expect((await lake.read('m'))?.body.toString()).toBe('first');
      expect((await lake.read('m'))?.etag).toBe(etag);
    });

    test('replaces only the expected version', async () => {
      const lake = await openLake();
      const first = await lake.write('m', 'first', JSON_TYPE);
      const second = await lake.compareAndSwap('m', 'again', JSON_TYPE, first);
      expect(second).toBeDefined();
      expect(await lake.compareAndSwap('m', 'third', JSON_TYPE, first)).toBeUndefined();
      expect((await lake.read('m'))?.etag).toBe(second);
    });

    test('does not create an object when a version is expected', async () => {
      const lake = await openLake();
      expect(await lake.compareAndSwap('m', 'x', JSON_TYPE, '"some version"')).toBeUndefined();
      expect(await lake.read('m')).toBeUndefined();
    });

    test(`loses none of ${swaps} increments of a counter by ${swappers} concurrent callers`, async () => {
      const lakes = await parallelLakes();
      const callers = Array.from({ length: swappers }, (_, index) =>
        increment(lakes[index % 2 === 0 ? 0 : 1], 'counter', swaps / swappers),
      );
      await Promise.all(callers);
      expect((await lakes[0].read('counter'))?.body.toString()).toBe(String(swaps));
    });
  });

  describe('list', () => {
    test('lists the objects with a key prefix, sorted by key', async () => {
      const lake = await openLake();
      const keys = ['a', 'a-b/1', 'a/1', 'a/2/3', 'a0', 'ab/1', 'b/1', 'A/1', 'a/é', 'a/z'];
      for (const key of keys) if (key !== 'a') await lake.write(key, key, JSON_TYPE);
      const listKeys = async (prefix: string) => (await listAll(lake, prefix)).map(({ key }) => key);
      expect(await listKeys('')).toEqual(['A/1', 'a-b/1', 'a/1', 'a/2/3', 'a/z', 'a/é', 'a0', 'ab/1', 'b/1']);
      expect(await listKeys('a/')).toEqual(['a/1', 'a/2/3', 'a/z', 'a/é']);
      expect(await listKeys('a')).toEqual(['a-b/1', 'a/1', 'a/2/3', 'a/z', 'a/é', 'a0', 'ab/1']);
      expect(await listKeys('a/2')).toEqual(['a/2/3']);
      expect(await listKeys('c')).toEqual([]);
      expect(await listKeys('a/1/')).toEqual([]);
    });

    test('lists the folders below a key prefix, without what is in them', async () => {
      const lake = await openLake();
      const keys = ['y-1/a/1', 'y-1/a/2', 'y-1/b/c/1', 'y-2/1', 'y.txt', 'é/1', 'Y/1', 'z/1'];
      await Promise.all(keys.map((key) => lake.write(key, key, JSON_TYPE)));
      expect(await lake.listFolders('')).toEqual(['Y/', 'y-1/', 'y-2/', 'z/', 'é/']);
      expect(await lake.listFolders('y')).toEqual(['y-1/', 'y-2/']);
      expect(await lake.listFolders('y-1/')).toEqual(['y-1/a/', 'y-1/b/']);
      expect(await lake.listFolders('y-1/b')).toEqual(['y-1/b/']);
      expect(await lake.listFolders('y-1')).toEqual(['y-1/']);
      expect(await lake.listFolders('y-2/')).toEqual([]);
      expect(await lake.listFolders('none/')).toEqual([]);
      const reason = new Error('Time is up.');
      await expect(lake.listFolders('', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    test('lists the size, version and time of each object', async () => {
      const lake = await openLake();
      const etag = await lake.write('m/1', 'four', JSON_TYPE);
      const [entry] = await listAll(lake, 'm/');
      expect(entry).toMatchObject({ key: 'm/1', sizeBytes: 4, etag });
      expect(Math.abs((entry?.lastModified.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    });
  });
}

/** Increments the number in `key` `times` times, the way manifests are written: read, change, swap, and retry. */
export async function increment(lake: Lake, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const object = await lake.read(key);
    const next = Number(object?.body.toString() ?? 0) + 1;
    const etag = await lake.compareAndSwap(key, String(next), JSON_TYPE, object?.etag ?? null);
    if (etag !== undefined) done += 1;
  }
}

export async function listAll(
  lake: Lake,
  prefix: string,
  options?: { signal: AbortSignal },
): Promise<LakeEntry[]> {
  const entries: LakeEntry[] = [];
  for await (const entry of lake.list(prefix, options)) entries.push(entry);
  return entries;
}

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function* breakingSource(sizeBytes: number, reason: Error): AsyncGenerator<Uint8Array> {
  for (let left = sizeBytes; left > 0; left -= 1024 * 1024) yield Buffer.alloc(Math.min(left, 1024 * 1024));
  throw reason;
}

/** The bytes in use after a garbage collection. */
function measureMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
