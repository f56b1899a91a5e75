import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { World } from './world.ts';

/** What functions write, in a file for each log group, a JSON object a line. */
export interface FunctionLogs {
  /** Kept when the function's log group exists: like the deployed role, this one may not create it. */
  write(functionName: string, line: string): void;
  remove(groupName: string): void;
}

/** @param onLog is told of every line. */
export function openFunctionLogs(
  directory: string,
  world: World,
  onLog: (functionName: string, line: string) => void = () => {},
): FunctionLogs {
  const fileOf = (groupName: string) => join(directory, `${groupName.replace(/^\//, '')}.jsonl`);
  return {
    write(functionName, line) {
      onLog(functionName, line);
      const group = world.functions[functionName]?.configuration.LoggingConfig.LogGroup ?? '';
      if (!world.logGroups[group]) return;
      mkdirSync(dirname(fileOf(group)), { recursive: true });
      appendFileSync(fileOf(group), `${line}\n`);
    },
    remove: (groupName) => rmSync(fileOf(groupName), { force: true }),
  };
}
