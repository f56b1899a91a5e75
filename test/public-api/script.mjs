// @ts-nocheck: the package's types exist only after a build; consumer.ts checks them.
/**
 * A script as a user of the package would write it, from settings to documents; the test starts it inside the
 * sandbox. It prints one JSON document.
 */
import process from 'node:process';
import * as tdd from 'tmdb-distributed-downloader';

/** Records which entry points were used. */
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

// Two titles from this machine; the fleet downloads the rest.
const local = await api.planDownload(connection, index, { minYear: 1900 }, { limit: 2 });
const some = await api.downloadPlan(connection, index, local.plan);

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
  let count = 0;
  for await (const _ of connection.lake.list(api.reviewPrefix(partition, title.tmdbId))) count += 1;
  if (movie === undefined || count !== title.reviews) throw new Error('The manifest lists more documents.');
}

// Send one partition to the fleet again, then pause, resume, and redrive an empty dead-letter queue.
const sent = await api.simulate(connection, partition);
const end = await api.followRun(connection, sent);
const paused = await api.pause(connection);
const resumed = await api.resume(connection);
const { letters } = await api.planRedrive(connection);
const redriven = await api.redrive(connection);

// Read the documents from a lake that is opened without settings.
const lake = await api.openLake(connection.lake.url, { env });
const movies = [];
for await (const { id, title } of api.listMovies(lake)) movies.push({ id, title });
const reviews = [];
for await (const { id } of api.listReviews(lake)) reviews.push(id);
const keys = [];
for await (const { key } of lake.list('tmdb/')) keys.push(key);
const exported = await api.exportTables({ lake }, await api.openDestination('tables'), { format: 'csv' });

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

const broken = api.movieKey(partition, 1);
await lake.write(broken, '{', 'application/json');
const damaged = [];
const onDamaged = (error) => void damaged.push(error instanceof api.DamagedDocumentError && error.key);
for await (const _ of api.listMovies(lake, partition, { onDamaged }));
if (damaged.join() !== broken) throw new Error(`Damaged: ${damaged}`);

const { plan: destroyPlan } = await api.planDestroy(connection);
const { lambdaName: functionName } = connection.settings;
const unconfirmed = await api.destroy(connection, destroyPlan, { functionName: 'x' }).catch((error) => error);
await api.destroy(connection, destroyPlan, { functionName });
const { plan: left } = await api.planDestroy(connection);

process.stdout.write(
  JSON.stringify({
    used: [...used],
    listed,
    first,
    last,
    report,
    plan: { partitions: plan.partitions.length, movies: plan.movies },
    estimate,
    some,
    again: again.thisRun,
    secondDeploy: second.plan.steps.length,
    control: { end, paused: paused.eventSource.state, resumed: resumed.eventSource.state, letters, redriven },
    documents: { keys, movies: movies.length, reviews: reviews.length },
    tables: exported.tables,
    destroyed: { unconfirmed: unconfirmed.name, left: left.resources.map(({ action }) => action) },
  }),
);
