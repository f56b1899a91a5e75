import { appendFileSync } from 'node:fs';
import { findUnfinishedLaunch } from '../../src/app/launch-store.ts';
import { sendLaunch } from '../../src/app/send-launch.ts';
import type { QueueEntry } from '../../src/aws/queue-interface.ts';
import { systemClock } from '../../src/clock.ts';
import { completeFilters } from '../../src/fleet/filters.ts';
import { planFleet } from '../../src/fleet/plan.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import { largeIndex, SETTINGS } from './synthetic-lake.ts';

// Launches 2,000 partitions in a separate process, which the test kills. A file replaces the queue.
const [directory = '', queueFile = ''] = process.argv.slice(2);
const lake = createDirectoryLake({ directory });
const queue = {
  sendBatch: async (entries: readonly QueueEntry[]) => {
    appendFileSync(queueFile, entries.map(({ body }) => `${body}\n`).join(''));
    await systemClock.sleep(3);
    return { accepted: entries.map(({ id }) => id), failed: [] };
  },
};
const nowMs = systemClock.now();
const plan = planFleet({
  index: largeIndex(2_000),
  filters: completeFilters({ maxYear: 2026 }, nowMs),
  settings: SETTINGS,
  summaries: new Map(),
  nowMs,
});
const resume = await findUnfinishedLaunch({ lake, nowMs }, plan, { queueName: 'q', summaries: new Map() });
const deps = { lake, queue, clock: systemClock, random: Math.random };
const report = await sendLaunch(deps, plan, { queueName: 'q', resume });
process.stdout.write(JSON.stringify({ sent: report.sent, sentBefore: report.sentBefore }));
