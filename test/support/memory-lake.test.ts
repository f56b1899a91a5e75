import { describe, expect, it } from 'vitest';
import { MemoryLake } from './memory-lake.ts';

describe('the lake in memory', () => {
  it('returns what was written, with its version', async () => {
    const lake = new MemoryLake();
    const etag = await lake.write('a/b.json', '{"é":1}', 'application/json');
    expect(await lake.read('a/b.json')).toEqual({ body: Buffer.from('{"é":1}'), etag });
    expect(await lake.read('a/c.json')).toBeUndefined();
    expect(lake.calls).toEqual([
      { name: 'write', key: 'a/b.json', bytes: 8 },
      { name: 'read', key: 'a/b.json', bytes: 8 },
      { name: 'read', key: 'a/c.json', bytes: 0 },
    ]);
  });

  it('reads a range only of the requested version', async () => {
    const lake = new MemoryLake();
    const etag = await lake.write('rows', '0123456789', 'text/plain');
    const range = { offset: 2, length: 3, ifMatch: etag };
    expect(String(await lake.readRange('rows', range))).toBe('234');
    await lake.write('rows', 'abcdefghij', 'text/plain');
    expect(await lake.readRange('rows', range)).toBeUndefined();
  });

  it('lets only one of two compare-and-swaps of the same version succeed', async () => {
    const lake = new MemoryLake();
    const first = await Promise.all([
      lake.compareAndSwap('m', 'one', 'text/plain', null),
      lake.compareAndSwap('m', 'two', 'text/plain', null),
    ]);
    expect(first.filter(Boolean)).toHaveLength(1);
    expect(lake.text('m')).toBe('one');
    expect(await lake.compareAndSwap('m', 'three', 'text/plain', first[0] ?? '')).toBeDefined();
  });

  it('writes nothing when a stream fails', async () => {
    const lake = new MemoryLake();
    const breaking = async function* () {
      yield Buffer.from('half');
      throw new Error('the wire was cut');
    };
    await expect(lake.writeStream('s', breaking(), 'text/plain')).rejects.toThrow('the wire was cut');
    expect(lake.keys()).toEqual([]);
  });

  it('lists keys under a prefix in order', async () => {
    const lake = new MemoryLake();
    for (const key of ['b/2', 'a/1', 'b/1']) lake.put(key, key);
    const keys: string[] = [];
    for await (const entry of lake.list('b/')) keys.push(entry.key);
    expect(keys).toEqual(['b/1', 'b/2']);
  });
});
