import type { LakeObject } from '../../lake/lake.ts';

/** Manifests that were read for the plan and have their parts, so that the export need not read them again. */
export interface KeptManifests {
  keep(key: string, manifest: LakeObject): void;
  /** Returns a manifest once. It may have changed since: its parts show whether it is current. */
  take(key: string): LakeObject | undefined;
}

/** About 200,000 movies. */
const MAX_BYTES = 24 * 1024 * 1024;

export function createKeptManifests(): KeptManifests {
  const kept = new Map<string, LakeObject>();
  let bytes = 0;
  return {
    keep: (key, manifest) => {
      if (bytes + manifest.body.length > MAX_BYTES) return;
      bytes += manifest.body.length;
      kept.set(key, manifest);
    },
    take: (key) => {
      const manifest = kept.get(key);
      kept.delete(key);
      return manifest;
    },
  };
}
