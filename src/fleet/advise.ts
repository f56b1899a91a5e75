import { countMessages } from '../aws/queue-interface.ts';
import { partitionName } from '../partition.ts';
import { formatCount, formatNumberOf } from '../text.ts';
import { RETENTION_SECONDS } from '../worker-contract.ts';
import { launchCommand, yearFlags } from './filters.ts';
import { judgePartition } from './judge.ts';
import { type LaunchRecord, partitionsToSend, termsOf } from './launch-record.ts';
import { countDoneBefore, type ManifestSummaries, type ManifestSummary } from './manifest-summary.ts';
import { type Advice, type FleetFacts, isEnabled } from './status.ts';

/** TMDB's terms: "no copy kept over six months". */
const STALE_DAYS = 180;
const DAY_MS = 86_400_000;
/** Sending a launch takes seconds: a launch that is unfinished after this long was interrupted. */
const SENDING_MS = 300_000;
/** SQS's counts lag by up to a minute, so they may not include recent messages. */
const COUNTING_MS = 120_000;

/** What the advice is derived from, apart from the facts. */
interface AdviceSources extends Pick<ManifestSummaries, 'byPartition' | 'unreadable' | 'newer'> {
  /** The recent launches; the first one is that of the facts. */
  readonly launches: readonly LaunchRecord[];
  /** How the workers' source differs from that of the lake. */
  readonly otherSource?: string | undefined;
  /** The names under which the fleet was looked for. */
  readonly names: { readonly functionName: string; readonly queueName: string };
}

/** Lists problems and the commands that fix them, the most urgent first. */
export function advise(
  facts: FleetFacts,
  { byPartition, unreadable, newer, launches, names, otherSource }: AdviceSources,
  nowMs: number,
): Advice[] {
  const summaries = [...byPartition.values()];
  return [
    ...adviseOnWorkers(facts, summaries, names, otherSource),
    ...adviseOnDeadLetters(facts),
    ...adviseOnFleet(facts, nowMs),
    ...adviseOnOtherLaunches(launches, byPartition, nowMs),
    ...adviseOnFailedTitles(facts, summaries, nowMs),
    ...adviseOnAge(summaries, nowMs),
    ...unreadable.map(({ year, initial }) => ({
      problem: `The manifest of ${year}/${initial} is damaged, so its titles count as not downloaded`,
      command: `tdd simulate --year ${year} --initial ${initial}`,
    })),
    ...newer.slice(0, 1).map(({ year, initial }) => ({
      problem: `The manifest of ${year}/${initial} was written by a newer version of tdd${newer.length > 1 ? `, as were ${formatCount(newer.length - 1)} others` : ''}; until you update tdd, its titles count as not downloaded`,
      command: 'npm install --global tmdb-distributed-downloader && tdd deploy',
    })),
  ];
}

function adviseOnWorkers(
  facts: FleetFacts,
  summaries: readonly ManifestSummary[],
  { functionName, queueName }: AdviceSources['names'],
  otherSource: string | undefined,
): Advice[] {
  if (facts.function === undefined) {
    return [{ problem: `There is no function "${functionName}"`, command: 'tdd deploy' }];
  }
  if (facts.queue === undefined)
    return [{ problem: `There is no queue "${queueName}"`, command: 'tdd deploy' }];
  if (facts.function.state === 'Failed' || facts.function.lastUpdate === 'Failed') {
    return [{ problem: "The worker function's last update failed", command: 'tdd deploy' }];
  }
  if (facts.eventSource === undefined) {
    return [
      {
        problem: `No event source connects the queue "${queueName}" to the function "${functionName}"`,
        command: 'tdd deploy',
      },
    ];
  }
  if (isEnabled(facts.eventSource)) return [];
  if (otherSource !== undefined) {
    return [
      {
        problem: `The event source is disabled, and the workers have another source than the lake (${otherSource}): set the lake's addresses`,
        command: 'tdd deploy && tdd resume',
      },
    ];
  }
  if (isKeyRejected(summaries)) {
    return [
      {
        problem: 'TMDB rejected the API key, so a worker has disabled the event source',
        command: 'tdd development && tdd deploy && tdd resume',
      },
    ];
  }
  if (facts.phase === 'complete') return [];
  return [{ problem: 'The event source is disabled, so workers receive no messages', command: 'tdd resume' }];
}

/** Whether the latest runs ended because TMDB rejected the key. */
function isKeyRejected(summaries: readonly ManifestSummary[]): boolean {
  const latest = summaries.reduce<ManifestSummary | undefined>(
    (last, summary) => (last && last.lastRun.endedAt >= summary.lastRun.endedAt ? last : summary),
    undefined,
  );
  if (latest === undefined) return false;
  // Workers that were busy at that moment may have ended shortly after it with another outcome.
  const since = Date.parse(latest.lastRun.endedAt) - 60_000;
  return summaries.some(
    ({ lastRun }) => lastRun.outcome === 'keyRefused' && Date.parse(lastRun.endedAt) >= since,
  );
}

function adviseOnDeadLetters({ deadLetters = 0 }: FleetFacts): Advice[] {
  if (deadLetters === 0) return [];
  const problem = `The dead-letter queue contains ${formatNumberOf(deadLetters, 'message')}`;
  return [{ problem, command: 'tdd redrive' }];
}

function adviseOnFleet({ phase, fleet, deadLetters = 0, rate }: FleetFacts, nowMs: number): Advice[] {
  if (fleet === undefined) return [];
  const { filters, launchedAt } = fleet;
  const { unsent, complete, total, failedTitles } = fleet.partitions;
  if (unsent > 0) {
    if (!isInterrupted(fleet, nowMs)) return [];
    return [
      {
        problem: `The launch was interrupted: ${formatCount(unsent)} of ${formatNumberOf(total, 'partition')} not sent`,
        command: launchCommand(filters, nowMs),
      },
    ];
  }
  const open = total - complete - failedTitles;
  if (phase !== 'ended' || rate !== undefined || deadLetters > 0 || open === 0) return [];
  if (nowMs - Date.parse(launchedAt) < COUNTING_MS) return [];
  const onlyMissing = filters.olderThanMs === undefined;
  // The limit stays: the partitions left open are the smallest missing ones.
  const limit = filters.limit === undefined ? undefined : open;
  return [
    {
      problem: `${formatNumberOf(open, 'partition')} ${open === 1 ? 'is' : 'are'} not complete, and no messages are left for ${open === 1 ? 'it' : 'them'}`,
      command: launchCommand({ ...filters, limit, onlyMissing }, nowMs),
    },
  ];
}

/** Whether a launch that is not completely sent was interrupted. A killed process cannot mark its launch. */
function isInterrupted(
  { launchedAt, interruptedAt }: Pick<LaunchRecord, 'launchedAt' | 'interruptedAt'>,
  nowMs: number,
): boolean {
  return interruptedAt !== undefined || nowMs - Date.parse(launchedAt) >= SENDING_MS;
}

/** Lists other interrupted launches that can be resumed, unless their partitions were sent or downloaded since. */
function adviseOnOtherLaunches(
  [latest, ...others]: readonly LaunchRecord[],
  byPartition: ReadonlyMap<string, ManifestSummary>,
  nowMs: number,
): Advice[] {
  if (latest === undefined) return [];
  const sent = new Set(latest.partitions.map(([year, initial]) => partitionName({ year, initial })));
  // A launch replaces earlier ones of the same command.
  const replaced = new Set([launchCommand(latest.filters, nowMs)]);
  return others.flatMap((launch) => {
    const command = launchCommand(launch.filters, nowMs);
    const isLatest = !replaced.has(command);
    replaced.add(command);
    const canBeResumed =
      isLatest &&
      isInterrupted(launch, nowMs) &&
      launch.queue === latest.queue &&
      launch.finishedAt === undefined &&
      nowMs - Date.parse(launch.launchedAt) < RETENTION_SECONDS * 1_000;
    if (!canBeResumed) return [];
    const open = partitionsToSend(launch).filter((partition) => {
      const name = partitionName(partition);
      return (
        !sent.has(name) &&
        judgePartition(byPartition.get(name), partition, termsOf(launch)).state !== 'complete'
      );
    });
    if (open.length === 0) return [];
    const total = formatNumberOf(launch.partitions.length, 'partition');
    return [
      {
        problem: `Another launch was interrupted: ${formatCount(open.length)} of ${total} not sent`,
        command,
      },
    ];
  });
}

/** While messages are on the queue, workers retry failed titles themselves. */
function adviseOnFailedTitles(
  facts: FleetFacts,
  summaries: readonly ManifestSummary[],
  nowMs: number,
): Advice[] {
  const { queue } = facts;
  const withFailures = summaries.filter(({ counts }) => counts.failed > 0);
  if (withFailures.length === 0 || countMessages(queue) > 0) return [];
  const failed = withFailures.reduce((sum, { counts }) => sum + counts.failed, 0);
  return [
    {
      problem: `${formatNumberOf(failed, 'title')} failed in ${formatNumberOf(withFailures.length, 'partition')}`,
      command: `tdd launch --failed${yearFlags(withFailures, nowMs)}`,
    },
  ];
}

function adviseOnAge(summaries: readonly ManifestSummary[], nowMs: number): Advice[] {
  const isStale = (summary: ManifestSummary) => countDoneBefore(summary, nowMs - STALE_DAYS * DAY_MS) > 0;
  // A title that TMDB does not have has no document that could be too old.
  const stale = summaries.filter((summary) => summary.counts.found > 0 && isStale(summary));
  if (stale.length === 0) return [];
  return [
    {
      problem: `${formatNumberOf(stale.length, 'partition')} ${stale.length === 1 ? 'has' : 'have'} documents older than six months, the limit in TMDB's terms`,
      command: `tdd launch --older-than ${STALE_DAYS}d${yearFlags(stale, nowMs)}`,
    },
  ];
}
