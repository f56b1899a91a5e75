import type { Clock } from '../clock.ts';
import { toOneLine } from '../text.ts';
import type { Trace } from '../trace.ts';

const MAX_LINE = 500;

/** Creates a trace that writes a line for each request, with its duration, and for each decision. */
export function createTrace({ clock, write }: { clock: Clock; write: (line: string) => void }): Trace {
  return {
    request: (request) => {
      const startedAt = clock.monotonic();
      return (outcome) => {
        write(
          toOneLine(`${request} → ${outcome}, ${Math.round(clock.monotonic() - startedAt)} ms`, MAX_LINE),
        );
      };
    },
    decision: (text) => write(toOneLine(text, MAX_LINE)),
  };
}
