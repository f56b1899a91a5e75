// Loaded into a measured process with --import: writes what the process has used to the file in TDD_BENCH_USAGE. Plain
// JavaScript, since Node loads it without tsx.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = {
    wallMs: performance.now(),
    cpuMs: (userCPUTime + systemCPUTime) / 1_000,
    peakMb: maxRSS / 1_024,
  };
  if (process.env.TDD_BENCH_USAGE) writeFileSync(process.env.TDD_BENCH_USAGE, JSON.stringify(usage));
});
