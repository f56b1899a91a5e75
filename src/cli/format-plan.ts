import type { Change } from '../deploy/change.ts';
import { kindName } from '../deploy/names.ts';
import type { ResourceKind } from '../deploy/resource-list.ts';
import { toOneLine } from '../text.ts';
import { formatRows } from './format.ts';
import type { Style } from './output.ts';

/** A line of a deploy or destroy plan. */
interface PlanLine {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: string;
  readonly changes?: readonly Change[];
  readonly notes: readonly string[];
}

/** Longer values (policies) are shortened; `--json` has the full values. */
const MAX_VALUE = 60;
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
  const changes = (line?.changes ?? []).map(
    ({ property, old, new: value }) => `    ${toOneLine(property)}: ${show(old)} → ${show(value)}`,
  );
  return [...changes, ...(line?.notes ?? []).map((note) => style.dim(`    ${toOneLine(note, MAX_NOTE)}`))];
}

function show(value: string | undefined): string {
  return value === undefined ? 'none' : toOneLine(value, MAX_VALUE);
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
