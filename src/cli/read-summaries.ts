import type { SummaryCache } from '../app/manifest-summaries.ts';
import type { ManifestSummaries } from '../fleet/manifest-summary.ts';
import type { Lake } from '../lake/lake.ts';
import type { CommandContext } from './context.ts';
import { createProgress } from './progress.ts';

/** Reads a lake's manifests, as far as they have changed; a progress bar shows it when there are many. */
export async function readSummaries(
  context: CommandContext,
  { lake, cache }: { readonly lake: Lake; readonly cache: SummaryCache },
): Promise<ManifestSummaries> {
  const { readManifestSummaries } = await import('../app/manifest-summaries.ts');
  const show = showManifestReading(context);
  return readManifestSummaries(
    { lake, cache, clock: context.clock },
    { signal: context.signal, onProgress: show.update },
  ).finally(show.end);
}

/** Shows how many manifests are read; nothing when they are few. */
export function showManifestReading(context: CommandContext): {
  readonly update: (progress: { readonly read: number; readonly total: number }) => void;
  readonly end: () => void;
} {
  let bar: ReturnType<typeof createProgress> | undefined;
  return {
    update: ({ read, total }) => {
      if (total < MANY) return;
      bar ??= createProgress(context, 'manifests');
      bar.update({ done: read, total, fields: [] });
    },
    end: () => bar?.stop(),
  };
}

const MANY = 500;
