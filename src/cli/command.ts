import type { Command as Commander } from 'commander';
import type { SettingName } from '../config/settings.ts';
import type { CommandContext } from './context.ts';
import { type Flags, settingOption } from './flags.ts';
import type { Style } from './output.ts';

/** A command as three functions that tests can call separately. */
interface CommandSteps<Input, Result> {
  /** The first paragraph of `tdd COMMAND --help`. */
  readonly description: string;
  /** The settings that this command accepts as flags, as the table of settings describes them. */
  readonly settings?: readonly SettingName[];
  /** Command lines and what they do, for `--help`. */
  readonly examples?: readonly (readonly [commandLine: string, description: string])[];
  /** Declares the command's own flags and arguments, without defaults. */
  readonly declare?: (command: Commander) => void;
  /** argv → input: reads flags and settings, asks for missing values, and changes nothing. */
  readonly readInput: (
    context: CommandContext,
    flags: Flags,
    args: readonly string[],
  ) => Input | Promise<Input>;
  /** input → result: does the work. The result is plain data, which `--json` prints. */
  readonly run: (context: CommandContext, input: Input) => Promise<Result>;
  /** result → text, without a line end. */
  readonly format: (result: Result, style: Style) => string;
  /** 1 when the result reports failures, otherwise 0. */
  readonly exitCode?: (result: Result) => number;
}

/** A command as the program runs it. */
export interface Command {
  /** Adds its flags, arguments and description. */
  readonly declare: (command: Commander) => void;
  readonly examples: readonly (readonly [commandLine: string, description: string])[];
  /** Runs it and prints its result. Returns the exit code. */
  readonly execute: (context: CommandContext, flags: Flags, args: readonly string[]) => Promise<number>;
}

/** Combines the steps of a command. */
export function defineCommand<Input, Result>(steps: CommandSteps<Input, Result>): Command {
  return {
    examples: steps.examples ?? [],
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
