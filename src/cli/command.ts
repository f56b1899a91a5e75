import type { Command as Commander } from 'commander';
import type { SettingName } from '../config/settings.ts';
import type { CommandContext } from './context.ts';
import { type Flags, settingOption } from './flags.ts';
import type { Style } from './output.ts';

/** A command in its three steps, each a function that a test can call alone. */
interface CommandSteps<Input, Result> {
  /** What `tdd COMMAND --help` says first. */
  readonly description: string;
  /** The settings that have a flag here; the flags follow from the table of settings. */
  readonly settings?: readonly SettingName[];
  /** Declares the command's own flags and arguments, without defaults. */
  readonly declare?: (command: Commander) => void;
  /** argv → input: reads flags and settings, asks for what is missing, changes nothing. */
  readonly readInput: (
    context: CommandContext,
    flags: Flags,
    args: readonly string[],
  ) => Input | Promise<Input>;
  /** input → result: the work. The result is plain data: `--json` prints it as it is. */
  readonly run: (context: CommandContext, input: Input) => Promise<Result>;
  /** result → text for people, without a line end. */
  readonly format: (result: Result, style: Style) => string;
  /** 1 when the result, though complete, tells of failures; else 0. */
  readonly exitCode?: (result: Result) => number;
}

/** A command as the program runs it. */
export interface Command {
  /** Adds its flags, arguments and help. */
  readonly declare: (command: Commander) => void;
  /** Runs it and prints its result. Returns the exit code. */
  readonly execute: (context: CommandContext, flags: Flags, args: readonly string[]) => Promise<number>;
}

/** Makes a command of its steps. */
export function defineCommand<Input, Result>(steps: CommandSteps<Input, Result>): Command {
  return {
    declare: (command) => {
      command.description(steps.description);
      for (const name of steps.settings ?? []) command.addOption(settingOption(name));
      steps.declare?.(command);
    },
    execute: async (context, flags, args) => {
      const input = await steps.readInput(context, flags, args);
      const result = await steps.run(context, input);
      context.output.result(result, (style) => steps.format(result, style));
      return steps.exitCode?.(result) ?? 0;
    },
  };
}
