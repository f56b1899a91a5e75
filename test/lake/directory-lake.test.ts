import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { createDirectoryLake } from '../../src/lake/directory-lake.ts';
import { describeLakeContract } from './lake-contract.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tdd-lake-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const newDirectory = () => mkdtemp(join(folder, 'lake-'));

describe('a lake in a directory', () => {
  describeLakeContract({
    swappers: 20,
    openLake: async () => createDirectoryLake({ directory: await newDirectory() }),
    parallelLakes: async () => {
      const directory = await newDirectory();
      return [createDirectoryLake({ directory }), createDirectoryLake({ directory })];
    },
  });
});
