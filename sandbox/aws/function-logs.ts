import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { roleOf } from './function-settings.ts';
import { isAllowed } from './iam-policy.ts';
import { ACCOUNT_ID, type FunctionConfiguration, type World } from './world.ts';

/** What functions write, in a file for each log group, a JSON object a line. */
export interface FunctionLogs {
  /** Kept when the function's log group exists, which the deployed role may not create, and its role may write there. */
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
      const configuration = world.functions[functionName]?.configuration;
      const group = configuration?.LoggingConfig.LogGroup ?? '';
      if (!configuration || !world.logGroups[group] || !mayLog(world, configuration, group)) return;
      mkdirSync(dirname(fileOf(group)), { recursive: true });
      appendFileSync(fileOf(group), `${line}\n`);
    },
    remove: (groupName) => rmSync(fileOf(groupName), { force: true }),
  };
}

function mayLog(world: World, { Role, FunctionArn }: FunctionConfiguration, group: string): boolean {
  const role = roleOf(world, Role);
  const region = FunctionArn.split(':')[3];
  const resource = `arn:aws:logs:${region}:${ACCOUNT_ID}:log-group:${group}:log-stream:sandbox`;
  return role !== undefined && isAllowed(role, { action: 'logs:PutLogEvents', resource });
}
