import { exportTables } from '../../src/app/export.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';

// Exports a lake in a process of its own, which the test kills. Each line of its output is some progress.
const [from = '', to = ''] = process.argv.slice(2);
const lake = createDirectoryLake({ directory: from });
await exportTables({ lake }, createDirectoryLake({ directory: to }), {
  format: 'jsonl',
  onProgress: ({ movies }) => process.stdout.write(`${movies.done}\n`),
});
