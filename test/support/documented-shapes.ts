import { readFileSync } from 'node:fs';

/** JSON types by the path of a value: `results[].author_details.rating` → number, null. */
export type Shape = ReadonlyMap<string, ReadonlySet<string>>;

/** The shapes of TMDB's answers in docs/tmdb.md, by name. */
export const SHAPES: ReadonlyMap<string, Shape> = readShapes(
  readFileSync(new URL('../../docs/tmdb.md', import.meta.url), 'utf8'),
);

/** Returns one of the {@link SHAPES}. */
export function shapeOf(name: string): Shape {
  const shape = SHAPES.get(name);
  if (!shape) throw new Error(`docs/tmdb.md has no shape "${name}".`);
  return shape;
}

/** Reads the blocks of lines like `results[].rating?: number | null`; the question mark becomes the type `absent`. */
function readShapes(document: string): Map<string, Shape> {
  const blocks = document.matchAll(/^```shape (\w+)\n(.*?)^```$/gms);
  return new Map(
    [...blocks].map(([, name = '', lines = '']) => {
      const entries = lines.matchAll(/^(.+?)(\?)?: (.+)$/gm);
      const types = [...entries].map(([, path = '', optional, listed = '']) => {
        return [path, new Set([...listed.split(' | '), ...(optional ? ['absent'] : [])])] as const;
      });
      return [name, new Map(types)];
    }),
  );
}
