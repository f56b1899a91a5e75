/** What a strict consumer of the package's types may rely on; compiled by a test, never run. */
import {
  type Connection,
  type Counts,
  connect,
  type DownloadReport,
  download,
  type FleetEstimate,
  type FleetStatus,
  followFleet,
  type LaunchReport,
  launch,
  listPartitions,
  type Partition,
  type PartitionIndex,
  planLaunch,
  readSettings,
  type Settings,
  type TitleState,
} from '../../src/index.ts';

export async function consume(env: Record<string, string | undefined>, signal: AbortSignal): Promise<Counts> {
  const settings: Settings = await readSettings({ env, folder: '..' });
  const bucket: string | undefined = settings.bucketName;
  const connection: Connection = connect(settings, { env });
  const { index, report } = await one(connection, listPartitions(await openToday(connection))[0]);
  const { plan, estimate } = await planLaunch(connection, index, { limit: 3 }, { signal });
  const hours = hoursOf(estimate);
  const sent: LaunchReport = await launch(connection, plan, { onProgress: ({ sent: n }) => void n, signal });
  const status: FleetStatus = await followFleet(connection, { onStatus: ({ phase }) => void phase });
  // @ts-expect-error a key is a string
  const wrong: number = connection.settings.apiKey;
  void [bucket, hours, sent, wrong, report.complete];
  return status.totals.counts;
}

async function openToday(connection: Connection): Promise<PartitionIndex> {
  const { openIndex } = await import('../../src/index.ts');
  return openIndex(connection, { onProgress: ({ rows }) => void rows });
}

async function one(
  connection: Connection,
  partition: Partition | undefined,
): Promise<{ index: PartitionIndex; report: DownloadReport }> {
  const index = await openToday(connection);
  return { index, report: await download(connection, index, partition ?? { year: 2004, initial: 'AD' }) };
}

function hoursOf({ seconds, dollars }: FleetEstimate): { hours: number; dollars: number } {
  return { hours: seconds / 3_600, dollars: dollars.total };
}

export function tell(title: TitleState): string {
  return title.state === 'failed' ? title.reason : title.state;
}
