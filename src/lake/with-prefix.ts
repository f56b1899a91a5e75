import type { Lake, LakeEntry, LakeOptions } from './lake.ts';

/** Wraps a lake so that all keys are below `prefix`, such as `exports/2026`, without a slash at either end. */
export function withPrefix(lake: Lake, prefix: string): Lake {
  const root = `${prefix}/`;
  return {
    url: `${lake.url}/${prefix}`,
    read: (key, options) => lake.read(root + key, options),
    readRange: (key, range, options) => lake.readRange(root + key, range, options),
    readStream: (key, options) => lake.readStream(root + key, options),
    write: (key, body, contentType, options) => lake.write(root + key, body, contentType, options),
    writeStream: (key, source, contentType, options) =>
      lake.writeStream(root + key, source, contentType, options),
    compareAndSwap: (key, body, contentType, expected, options) =>
      lake.compareAndSwap(root + key, body, contentType, expected, options),
    list: (below, options) => list(below, options),
    listFolders: async (below, options) =>
      (await lake.listFolders(root + below, options)).map((folder) => folder.slice(root.length)),
  };

  async function* list(below: string, options: LakeOptions | undefined): AsyncGenerator<LakeEntry> {
    for await (const entry of lake.list(root + below, options))
      yield { ...entry, key: entry.key.slice(root.length) };
  }
}
