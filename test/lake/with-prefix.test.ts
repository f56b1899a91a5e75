import { expect, test } from 'vitest';
import { withPrefix } from '../../src/lake/with-prefix.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { listAll } from './lake-contract.ts';

test('keeps every object of a lake with a prefix below the prefix', async () => {
  const whole = new MemoryLake('s3://bucket');
  whole.put('a/1', 'outside');
  const lake = withPrefix(whole, 'exports/2026');
  expect(lake.url).toBe('s3://bucket/exports/2026');
  expect(await lake.read('a/1')).toBeUndefined();

  const etag = await lake.write('a/1', 'one', 'text/plain');
  await lake.writeStream('a/2', chunksOf('two'), 'text/plain');
  expect(await lake.compareAndSwap('b', 'three', 'text/plain', null)).toBeDefined();
  expect(whole.keys()).toEqual(['a/1', 'exports/2026/a/1', 'exports/2026/a/2', 'exports/2026/b']);

  expect((await lake.read('a/1'))?.body.toString()).toBe('one');
  expect(String(await lake.readRange('a/1', { offset: 1, length: 2, ifMatch: etag }))).toBe('ne');
  const chunks: Buffer[] = [];
  for await (const chunk of (await lake.readStream('a/2')) ?? []) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('two');
  expect((await listAll(lake, '')).map(({ key }) => key)).toEqual(['a/1', 'a/2', 'b']);
  expect((await listAll(lake, 'a/')).map(({ key }) => key)).toEqual(['a/1', 'a/2']);
  expect(await lake.listFolders('')).toEqual(['a/']);
});

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
