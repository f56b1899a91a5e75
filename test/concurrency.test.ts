import { expect, test } from 'vitest';
import { mapConcurrently } from '../src/concurrency.ts';

test('maps items in order, and starts none while those in progress or waiting weigh too much', async () => {
  const weights = [1, 1, 5, 1, 1, 1, 1];
  const started: number[] = [];
  const seen: [item: number, started: number][] = [];
  const items = weights.keys();
  const work = async (item: number) => {
    started.push(item);
    return item;
  };
  for await (const item of mapConcurrently(items, 3, work, (each) => weights[each] ?? 0))
    seen.push([item, started.length]);
  // The third item exceeds the limit alone; afterwards, three fit.
  expect(seen).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
    [3, 6],
    [4, 7],
    [5, 7],
    [6, 7],
  ]);
});
