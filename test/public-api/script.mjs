// @ts-nocheck: the package's own types are there only once it is built; consumer.ts checks them.
/**
 * A script as a user of the package would write it, from settings to documents; the test starts it inside the
 * sandbox. It prints one JSON document.
 */
import process from 'node:process';
import * as tdd from 'tmdb-distributed-downloader';

/** Tells which entry points were used. */
const used = new Set();
const api = new Proxy(tdd, {
  get: (target, name) => {
    used.add(name);
    return target[name];
  },
});

const { env } = process;
const connection = api.connect(await api.readSettings({ env }), { env });
const { plan: deployPlan } = await api.planDeploy(connection);
await api.applyDeployment(connection, deployPlan);
const second = await api.planDeploy(connection);
const first = await api.readStatus(connection);

const index = await api.openIndex(connection);
const listed = api.listPartitions(index).reduce((sum, { titles }) => sum + titles, 0);
const [partition] = api.listPartitions(index);
const titles = await api.readPartition(connection, index, partition);
const name = api.partitionName(partition);
if (titles.some(({ title }) => api.initialOf(title) !== partition.initial)) {
  throw new api.UserError(`${name} holds a title of another initial.`);
}

const wanted = { minYear: 1900, onlyMissing: true };
const { plan, estimate } = await api.planLaunch(connection, index, wanted);
const alone = api.estimateFleet(plan.partitions, { ...connection.settings, workers: 1 }, estimate.basis);
if (alone.seconds < estimate.seconds) throw new Error('One worker cannot be faster than several.');
const report = await api.launch(connection, plan);
const last = await api.followFleet(connection, { everyMs: 100 });

const again = await api.download(connection, index, partition);
const { manifest } = await api.readManifest(connection, partition);
for (const title of Object.values(manifest.titles)) {
  if (title.state !== 'found') continue;
  const movie = await connection.lake.read(api.movieKey(partition, title.tmdbId));
  let reviews = 0;
  for await (const _ of connection.lake.list(api.reviewPrefix(partition, title.tmdbId))) reviews += 1;
  if (movie === undefined || reviews !== title.reviews) throw new Error('The manifest tells of more.');
}

const unset = { ...connection.settings, apiKey: undefined };
for (const [wrong, kind] of [
  [() => api.connect(unset, { env }), api.UsageError],
  [() => api.download(connection, index, { year: 1900, initial: 'QQ' }), api.UserError],
]) {
  const error = await Promise.resolve()
    .then(wrong)
    .catch((reason) => reason);
  if (!(error instanceof kind) || error instanceof api.CancelledError) throw error;
}

process.stdout.write(
  JSON.stringify({
    used: [...used],
    listed,
    first,
    last,
    report,
    plan: { partitions: plan.partitions.length, movies: plan.movies },
    estimate,
    again: again.thisRun,
    secondDeploy: second.plan.steps.length,
  }),
);
