import type { Limit } from '../limit.ts';
import type { Lake } from './lake.ts';

/** Wraps a lake so that `reads` limits how many objects are read at the same time. */
export function limitReads(lake: Lake, reads: Limit): Lake {
  return {
    url: lake.url,
    read: (key, options) => reads.run(() => lake.read(key, options)),
    readRange: (key, range, options) => lake.readRange(key, range, options),
    readStream: (key, options) => lake.readStream(key, options),
    write: (key, body, contentType, options) => lake.write(key, body, contentType, options),
    writeStream: (key, source, contentType, options) => lake.writeStream(key, source, contentType, options),
    compareAndSwap: (key, body, contentType, expected, options) =>
      lake.compareAndSwap(key, body, contentType, expected, options),
    list: (prefix, options) => lake.list(prefix, options),
    listFolders: (prefix, options) => lake.listFolders(prefix, options),
  };
}
