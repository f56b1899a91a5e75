import { formatTable } from '../src/cli/format.ts';
import type { BenchRow } from './bench-row.ts';
import { runBundleBench } from './bundle.ts';
import { runCatalogueBench } from './catalogue.ts';
import { runDownloadBench } from './download.ts';
import { runFirstDownloadBench } from './first-download.ts';
import { runFleetBench } from './fleet.ts';
import { runFleetRateBench } from './fleet-rate.ts';
import { runIndexBench } from './index.ts';
import { runLocalRateBench } from './local-rate.ts';
import { runPacingBench } from './pacing.ts';
import { runStartUpBench } from './start-up.ts';
import { runTablesBench } from './tables.ts';

/** Runs all benches but the long ones, or the named ones, and prints each measurement with its budget. */
const BENCHES: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  index: runIndexBench,
  'first-download': runFirstDownloadBench,
  download: runDownloadBench,
  tables: runTablesBench,
  pacing: runPacingBench,
  fleet: runFleetBench,
  'fleet-rate': runFleetRateBench,
  'local-rate': runLocalRateBench,
  'start-up': runStartUpBench,
  bundle: runBundleBench,
  catalogue: runCatalogueBench,
};
/** Run only when they are named. */
const LONG = ['catalogue'];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown bench: ${unknown.join(', ')}. The benches are ${Object.keys(BENCHES).join(', ')}.\n`,
  );
  process.exitCode = 2;
} else {
  const rows: BenchRow[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (named.length > 0 ? !named.includes(name) : LONG.includes(name)) continue;
    process.stderr.write(`Measuring ${name} …\n`);
    rows.push(...(await bench()));
  }
  const columns = [
    { title: 'bench' },
    { title: 'measured', align: 'right' },
    { title: 'limit', align: 'right' },
    { title: '' },
  ] as const;
  const cells = rows.map(({ name, figure, budget, unit, ok }) => [
    name,
    `${figure.toFixed(2)} ${unit}`.trim(),
    budget === undefined ? '' : `${budget} ${unit}`.trim(),
    budget === undefined ? '' : ok ? 'ok' : 'MISSED',
  ]);
  process.stdout.write(`${formatTable(columns, cells)}\n`);
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
}
