import type { FailureGroup } from '../download/failures.ts';
import { formatCount, quote } from '../text.ts';

/**
 * Formats failed titles by reason: `5 × "500" (tt0000001, tt0000002, tt0000003, …), 1 × "timeout" (tt0000004)`.
 * @param total the number of all failed titles; `groups` may contain only the most frequent reasons.
 */
export function formatFailures(groups: readonly FailureGroup[], total: number): string {
  const named = groups.reduce((sum, { titles }) => sum + titles, 0);
  return [
    ...groups.map(({ reason, titles, examples }) => {
      const ids = titles > examples.length ? [...examples, '…'] : examples;
      return `${formatCount(titles)} × ${quote(reason, 100)} (${ids.join(', ')})`;
    }),
    ...(total > named ? [`${formatCount(total - named)} for other reasons`] : []),
  ].join(', ');
}
