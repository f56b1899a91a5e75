import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { openDuckDb, sqlText } from '../support/duckdb.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

test('DuckDB reads a Parquet file', async () => {
  const file = join(await makeTempFolder(), 'a.parquet');
  const columnData = [{ name: 'a', data: ['ä', '😀'] }];
  await writeFile(file, new Uint8Array(parquetWriteBuffer({ columnData })));
  const db = await openDuckDb();
  expect(await db.query(`SELECT a FROM ${sqlText(file)}`)).toEqual([{ a: 'ä' }, { a: '😀' }]);
  db.close();
});
