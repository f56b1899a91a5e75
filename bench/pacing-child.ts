import { systemClock } from '../src/clock.ts';
import { createPacer } from '../src/tmdb/pacer.ts';

/** Paces empty requests for a minute, with stalls, and prints `{perSecond, busiestSecond}`. */
const [share = 40, stallMs = 0] = process.argv.slice(2).map(Number);
const SECONDS = 60;
const pacer = createPacer({ requestsPerSecond: share, clock: systemClock });
const stalls = setInterval(() => {
  const until = performance.now() + stallMs;
  while (performance.now() < until) {
    // A stall, like a garbage collection or a large JSON.parse.
  }
}, 1_000);

const sends: number[] = [];
const start = performance.now();
while (performance.now() - start < SECONDS * 1_000) {
  await pacer.take();
  sends.push(performance.now());
}
clearInterval(stalls);

let first = 0;
let busiestSecond = 0;
for (const [i, at] of sends.entries()) {
  while ((sends[first] ?? at) <= at - 1_000) first += 1;
  busiestSecond = Math.max(busiestSecond, i - first + 1);
}
const lastsMs = (sends.at(-1) ?? start) - (sends[0] ?? start);
process.stdout.write(JSON.stringify({ perSecond: ((sends.length - 1) / lastsMs) * 1_000, busiestSecond }));
