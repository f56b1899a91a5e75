import { startAbortGrace } from '../abort-grace.ts';
import type { DownloadControl } from '../download/download-partition.ts';
import { CancelledError } from '../errors.ts';
import { LakeUnavailableError } from '../lake/lake.ts';
import { formatCount } from '../text.ts';
import type { CommandContext } from './context.ts';
import { describeWithStack } from './error-report.ts';
import { formatDuration, roundRate } from './format.ts';
import type { Output } from './output.ts';

/** How long requests in flight may take after Ctrl-C. */
const GRACE_MS = 10_000;

/**
 * Downloads; after Ctrl-C, requests in flight may finish.
 * @throws {CancelledError} when the lake could not be written after Ctrl-C; its message includes the reason.
 */
export async function downloadWithGrace<Result>(
  context: CommandContext,
  download: (control: Omit<DownloadControl, 'onProgress'>) => Promise<Result>,
): Promise<Result> {
  const { signal, output } = context;
  const grace = startAbortGrace(context, GRACE_MS);
  const onStop = () =>
    output.info(
      `Finishing the requests in flight, for ${formatDuration(GRACE_MS / 1_000)} at most; press Ctrl-C again to stop immediately.`,
    );
  signal.addEventListener('abort', onStop, { once: true });
  try {
    return await download({ stop: signal, abort: grace.abort, onTitleError: showTitleErrors(context) });
  } catch (error) {
    if (!signal.aborted || !(error instanceof LakeUnavailableError)) throw error;
    throw new CancelledError(`Cancelled. ${error.message}`, { cause: error });
  } finally {
    grace.end();
    signal.removeEventListener('abort', onStop);
  }
}

/** Shows that a title had an unexpected error; the stacks only with `--verbose`, because there may be many. */
function showTitleErrors({ output }: CommandContext): (imdbId: string, error: unknown) => void {
  let isFirst = true;
  return (imdbId, error) => {
    if (isFirst && !output.verbose) {
      output.warn(
        `The title ${imdbId} failed with an unexpected error: run again with --verbose for its stack.`,
      );
    }
    isFirst = false;
    output.debug(`${imdbId}: ${describeWithStack(error)}`);
  };
}

/** Shows that downloads share the rate, whenever another one joins. */
export function showSharing({ info, debug }: Output): (others: number, requestsPerSecond: number) => void {
  let before = 0;
  return (others, requestsPerSecond) => {
    if (others > before) info(describeSharing(others, requestsPerSecond));
    else if (others === 0) debug('No other download uses the API key any more: this one has the whole rate.');
    else debug(describeSharing(others, requestsPerSecond));
    before = others;
  };
}

/** Says that other downloads use the rate, and what is left for this one. */
export function describeSharing(others: number, requestsPerSecond: number): string {
  const who =
    others === 1
      ? 'Another download on this machine uses'
      : `${formatCount(others)} other downloads on this machine use`;
  const rate = roundRate(requestsPerSecond);
  return `${who} the same API key: this one is limited to ${rate} ${rate === 1 ? 'request' : 'requests'} per second.`;
}
