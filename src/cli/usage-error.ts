import type { Command as Commander, CommanderError } from 'commander';
import { quote } from '../text.ts';

/** Longer values are not shown: they may be secrets given to the wrong flag. */
const MAX_SHOWN = 20;

/** Rewrites an error of Commander: it names the flag or command and where to find help. */
export function explainUsage(
  { code, message }: Pick<CommanderError, 'code' | 'message'>,
  program: Commander,
  argv: readonly string[],
): string {
  const command = findCommand(program, argv);
  const [, subject = ''] = /'(.*?)'/s.exec(message) ?? [];
  const suggestion = subject === '-v' ? '-V or --verbose' : findSuggestion(subject, message);
  const sentences = {
    'commander.unknownCommand': () =>
      subject.length > MAX_SHOWN ? 'Unknown command.' : `Unknown command "${subject}".`,
    'commander.unknownOption': () =>
      explainOption(subject, [...(command?.options ?? []), ...program.options]),
    'commander.optionMissingArgument': () => `${subject.split(' ')[0]} needs a value: ${subject}.`,
    'commander.excessArguments': () => explainArguments(command ?? program),
  };
  const sentence = sentences[code as keyof typeof sentences]?.() ?? message.replace(/^error: /, '');
  // Commander suggests a known flag to itself when it has a value.
  const hint =
    suggestion === undefined || sentence.startsWith(suggestion) ? '' : ` Did you mean ${suggestion}?`;
  const topic = command === undefined || command.name() === 'help' ? '' : `${command.name()} `;
  return `tdd: ${sentence}${hint} See "tdd ${topic}--help".`;
}

/** Returns Commander's suggestion, but `--yes`, which skips confirmation, only for a part of it. */
function findSuggestion(subject: string, message: string): string | undefined {
  const [, suggestion] = /\(Did you mean (.*)\?\)$/s.exec(message) ?? [];
  return suggestion?.includes('--yes') && !'--yes'.startsWith(subject) ? undefined : suggestion;
}

/** The first word that names a command: a later one may be the value of a flag. */
function findCommand({ commands }: Commander, argv: readonly string[]): Commander | undefined {
  const name = argv.find((word) => commands.some((each) => each.name() === word));
  return commands.find((each) => each.name() === name);
}

/** Explains an unknown option. Commander also reports `--dry-run=yes` as unknown. */
function explainOption(argument: string, options: Commander['options']): string {
  const end = argument.indexOf('=');
  const flag = end < 0 ? argument : argument.slice(0, end);
  if (!options.some(({ long }) => long === flag)) return `Unknown option "${flag}".`;
  return `${flag} takes no value${show(argument.slice(end + 1))}.`;
}

function explainArguments(command: Commander): string {
  const swallowed = command.options.find((option) => {
    const value: unknown = command.getOptionValue(option.attributeName());
    return typeof value === 'string' && value.startsWith('--');
  });
  if (swallowed !== undefined) return `${swallowed.long} needs a value: ${swallowed.flags}.`;
  const { length } = command.registeredArguments;
  const accepted = length > 0 ? 'one command only' : 'options only';
  return `The command "${command.name()}" takes ${accepted}${show(command.args[length] ?? '')}.`;
}

function show(value: string): string {
  return value.length > MAX_SHOWN ? '' : ` (got ${quote(value)})`;
}
