import type { Change } from '../deploy/change.ts';
import { kindName } from '../deploy/names.ts';
import type { ResourceKind } from '../deploy/resource-list.ts';
import { toOneLine } from '../text.ts';
import { formatRows } from './format.ts';
import { formatChange } from './format-change.ts';
import type { Style } from './output.ts';
import { wrap } from './terminal-text.ts';

/** A line of a deploy or destroy plan. */
interface PlanLine {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: string;
  readonly changes?: readonly Change[];
  readonly notes: readonly string[];
}

const MAX_NOTE = 400;

/** Formats a plan as a table: a line per resource, followed by its changes and notes. */
export function formatPlan(lines: readonly PlanLine[], style: Style): string {
  const [titles = '', ...rows] = formatRows(
    [{ title: 'resource' }, { title: 'name', wraps: true }, { title: 'action' }],
    lines.map(({ kind, name, action }) => [
      kindName(kind),
      toOneLine(name, MAX_NOTE),
      colorOf(action, style)(action),
    ]),
    style,
  );
  return [titles, ...rows.flatMap((row, index) => [row, ...details(lines[index], style)])].join('\n');
}

function details(line: PlanLine | undefined, style: Style): string[] {
  const changes = (line?.changes ?? []).flatMap(formatChange).map((text) => wrapChange(text, style));
  return [...changes, ...(line?.notes ?? []).map((note) => style.dim(`    ${toOneLine(note, MAX_NOTE)}`))];
}

/** Wraps a change, and indents the rest of it further than the next change. */
function wrapChange(change: string, { columns, redact }: Style): string {
  return `    ${wrap(`  ${redact(change)}`, columns - 4)
    .trimStart()
    .replaceAll('\n', '\n    ')}`;
}

function colorOf(action: string, style: Style): (text: string) => string {
  switch (action) {
    case 'create':
      return style.green;
    case 'update':
    case 'adopt':
      return style.yellow;
    case 'delete':
      return style.red;
    default:
      return style.dim;
  }
}
