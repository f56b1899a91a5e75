import type { Lake, LakeObject } from './lake.ts';

/** Wraps a lake so that at most `limit` objects are read at the same time; further reads wait in order. */
export function limitReads(lake: Lake, limit: number): Lake {
  let reading = 0;
  const waiting: (() => void)[] = [];
  return {
    url: lake.url,
    read,
    readRange: (key, range, options) => lake.readRange(key, range, options),
    readStream: (key, options) => lake.readStream(key, options),
    write: (key, body, contentType, options) => lake.write(key, body, contentType, options),
    writeStream: (key, source, contentType, options) => lake.writeStream(key, source, contentType, options),
    compareAndSwap: (key, body, contentType, expected, options) =>
      lake.compareAndSwap(key, body, contentType, expected, options),
    list: (prefix, options) => lake.list(prefix, options),
    listFolders: (prefix, options) => lake.listFolders(prefix, options),
  };

  async function read(...call: Parameters<Lake['read']>): Promise<LakeObject | undefined> {
    if (reading === limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else reading += 1;
    try {
      return await lake.read(...call);
    } finally {
      const next = waiting.shift();
      if (next === undefined) reading -= 1;
      else next();
    }
  }
}
