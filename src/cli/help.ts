import type { Command as Commander, Help } from 'commander';

/** The heading of the flags that set a setting. */
export const SETTINGS_GROUP = 'Settings:';

const PRECEDENCE = 'A flag overrides the environment variable, which overrides config.ini.';

/** A term, such as a flag or a command, and its description. */
type Item = readonly [term: string, description: string];

/** If a description would have less space than this next to its term, it is shown below the term. */
const LEAST_DESCRIPTION_COLUMNS = 40;

/**
 * Formats the text of `--help`: usage, description, the command's own flags, examples, settings and global flags; for the
 * program itself, the first steps and all commands in groups. Commander's layout cannot show examples before settings.
 */
export function formatHelp(command: Commander, helper: Help, examples: readonly Item[]): string {
  const width = helper.helpWidth ?? 80;
  const isProgram = command.parent === null;
  const toItems = (options: ReturnType<Help['visibleOptions']>): Item[] =>
    options.map((option) => [helper.optionTerm(option), helper.optionDescription(option)]);
  const flags = helper.visibleOptions(command);
  const isHelp = ({ long }: { long?: string | undefined }) => long === '--help';
  const settings = flags.filter(({ helpGroupHeading }) => helpGroupHeading === SETTINGS_GROUP);
  const own = flags.filter((flag) => !isHelp(flag) && !settings.includes(flag));
  const globals = [...(isProgram ? own : helper.visibleGlobalOptions(command)), ...flags.filter(isHelp)];
  const groups = helper.groupItems([], helper.visibleCommands(command), (each) => each.helpGroup());
  const section = (heading: string, items: readonly Item[]) => formatSection(heading, items, helper, width);
  return [
    `Usage: ${helper.commandUsage(command)}\n`,
    `${helper.boxWrap(helper.commandDescription(command), width)}\n`,
    ...(isProgram ? [] : section('Options:', toItems(own))),
    ...section(isProgram ? 'First steps:' : 'Examples:', examples),
    ...[...groups].flatMap(([heading, commands]) =>
      section(
        heading,
        commands.map((each) => [helper.subcommandTerm(each), helper.subcommandDescription(each)]),
      ),
    ),
    ...section(SETTINGS_GROUP, toItems(settings)),
    ...section('Global options:', toItems(globals)),
  ].join('\n');
}

function formatSection(heading: string, items: readonly Item[], helper: Help, width: number): string[] {
  if (items.length === 0) return [];
  const termWidth = Math.max(...items.map(([term]) => term.length));
  const isStacked = width - termWidth - 4 < LEAST_DESCRIPTION_COLUMNS;
  const lines = items.map(([term, description]) =>
    isStacked
      ? [`  ${term}`, ...indent(helper.boxWrap(description, width - 6))].join('\n')
      : helper.formatItem(term, termWidth, description, helper),
  );
  const notes =
    heading === SETTINGS_GROUP ? [helper.boxWrap(PRECEDENCE, width - 2).replaceAll(/^/gm, '  ')] : [];
  return [heading, ...notes, ...lines, ''];
}

function indent(text: string): string[] {
  return text === '' ? [] : text.split('\n').map((line) => `      ${line}`);
}
