import type { Change } from '../deploy/change.ts';
import type { ResourceKind } from '../deploy/resource-list.ts';
import { formatTable } from './format.ts';
import type { Style } from './output.ts';

/** A line of a plan, of a deploy or of a destroy. */
interface PlanLine {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: string;
  readonly changes?: readonly Change[];
  readonly notes: readonly string[];
}

/** What a kind of resource is called for people: `log group`. */
export function kindName(kind: ResourceKind): string {
  if (kind === 'deadLetterQueue') return 'dead-letter queue';
  return kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Values longer than this (policies) are cut in the table; `--json` has them whole. */
const MAX_VALUE = 60;

/** A plan as a table: a line per resource, below it what changes and what one should know. */
export function formatPlan(lines: readonly PlanLine[], style: Style): string {
  const table = formatTable(
    [{ title: 'resource' }, { title: 'name' }, { title: 'action' }],
    lines.map(({ kind, name, action }) => [kindName(kind), name, colorOf(action, style)(action)]),
  ).split('\n');
  const [title = '', ...rows] = table;
  return [title, ...rows.flatMap((row, index) => [row, ...details(lines[index], style)])].join('\n');
}

function details(line: PlanLine | undefined, style: Style): string[] {
  const changes = (line?.changes ?? []).map(
    ({ property, old, new: value }) => `    ${property}: ${show(old)} → ${show(value)}`,
  );
  return [...changes, ...(line?.notes ?? []).map((note) => style.dim(`    ${note}`))];
}

function show(value: string | undefined): string {
  if (value === undefined) return 'none';
  return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE - 1)}…` : value;
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
