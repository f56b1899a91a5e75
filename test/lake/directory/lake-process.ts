import { argv, stdout } from 'node:process';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import { increment } from '../lake-contract.ts';

/**
 * The program of a child process that uses a directory lake. `increment DIRECTORY TIMES` increments a counter by
 * compare-and-swap; `write DIRECTORY` overwrites the same objects until it is killed, or for a while.
 */
const [, , task = '', directory = '', times = '0'] = argv;
const lake = createDirectoryLake({ directory });
stdout.write('ready\n');
if (task === 'increment') {
  await increment(lake, 'counter', Number(times));
} else {
  const body = (index: number) => String(index % 10).repeat(1_000_000);
  for (let index = 0; index < 10_000; index += 1) {
    await Promise.all([
      lake.write('written', body(index), 'text/plain'),
      lake.writeStream('streamed', halves(body(index)), 'text/plain'),
      lake.compareAndSwap('swapped', body(index), 'text/plain', (await lake.read('swapped'))?.etag ?? null),
    ]);
  }
}

async function* halves(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text.slice(0, text.length / 2));
  yield Buffer.from(text.slice(text.length / 2));
}
