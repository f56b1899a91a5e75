import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { afterEach, expect, test, vi } from 'vitest';
import { buildZip, codeSha256 } from '../../src/deploy/zip.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const BUNDLE = Buffer.from(`export const handler = async () => ${JSON.stringify('tdd '.repeat(2_000))};\n`);

afterEach(() => vi.useRealTimers());

test('results in the same bytes on different days', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T10:00:00Z') });
  const first = await buildZip({ bundle: BUNDLE });
  vi.setSystemTime(new Date('2027-03-01T23:59:59Z'));
  expect((await buildZip({ bundle: BUNDLE })).equals(first)).toBe(true);
});

test('results in the same bytes in another time zone', async () => {
  const folder = await makeTempFolder();
  writeFileSync(join(folder, 'bundle.mjs'), BUNDLE);
  const program = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { buildZip } from ${JSON.stringify(new URL('../../src/deploy/zip.ts', import.meta.url).href)};
    writeFileSync('code.zip', await buildZip({ bundle: readFileSync('bundle.mjs') }));`;
  const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  execFileSync(process.execPath, ['--import', tsx, '--input-type=module', '-e', program], {
    cwd: folder,
    env: { ...process.env, TZ: 'Pacific/Auckland' },
  });
  expect(readFileSync(join(folder, 'code.zip')).equals(await buildZip({ bundle: BUNDLE }))).toBe(true);
});

test('results in other bytes for another bundle', async () => {
  const other = Buffer.concat([BUNDLE, Buffer.from(' ')]);
  expect(codeSha256(await buildZip({ bundle: other }))).not.toBe(
    codeSha256(await buildZip({ bundle: BUNDLE })),
  );
});

test('contains the licenses of its packages', async () => {
  const notices = Buffer.from('left-pad 1.3.0 (WTFPL)\n');
  const files = unzipSync(await buildZip({ bundle: BUNDLE, notices }));
  expect(Object.keys(files)).toEqual(['index.mjs', 'THIRD-PARTY-NOTICES.txt']);
  expect(Buffer.from(files['THIRD-PARTY-NOTICES.txt'] ?? [])).toEqual(notices);
});

test('contains the bundle as index.mjs, readable by all, and nothing else', async () => {
  const zip = await buildZip({ bundle: BUNDLE });
  const directory = zip.indexOf('PK\u0001\u0002', 'latin1');
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  expect(zip.readUInt16LE(end + 10)).toBe(1);
  const nameLength = zip.readUInt16LE(directory + 28);
  expect(zip.toString('latin1', directory + 46, directory + 46 + nameLength)).toBe('index.mjs');
  expect((zip.readUInt32LE(directory + 38) >>> 16) & 0o777).toBe(0o644);
  const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
  const size = zip.readUInt32LE(directory + 20);
  expect(inflateRawSync(zip.subarray(start, start + size)).equals(BUNDLE)).toBe(true);
});
