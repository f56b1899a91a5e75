/** A seeded random generator: the same seed gives the same numbers on every machine. Not for secrets. */
export interface Random {
  /** Returns a number in [0, 1). */
  next(): number;
  /** Returns a whole number from `min` to `max`, inclusive. */
  int(min: number, max: number): number;
  /** Returns true with probability `share` (0 to 1). */
  chance(share: number): boolean;
  /** Returns an element of `list`, which must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** Returns `length` hexadecimal digits. */
  hex(length: number): string;
}

/** Creates a {@link Random} from `seed`: mulberry32 over the FNV-1a hash of the seed's text. */
export function createRandom(seed: string | number): Random {
  let state = hashText(String(seed));
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    chance: (share) => next() < share,
    pick: (list) => {
      const picked = list[int(0, list.length - 1)];
      if (picked === undefined) throw new RangeError('Cannot pick from an empty list.');
      return picked;
    },
    hex: (length) => Array.from({ length }, () => int(0, 15).toString(16)).join(''),
  };
}

/** Computes the 32-bit FNV-1a hash of the text's UTF-16 units. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
