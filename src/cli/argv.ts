/**
 * Arguments with each long flag's underscores as hyphens: existing notebooks and scripts write
 * `--datalake_bucket_name`, also with `=value`. Values, and what follows a bare `--`, stay as they are.
 */
export function normalizeArgv(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    const match = end < 0 || index < end ? /^(--[A-Za-z][\w-]*)((?:=.*)?)$/s.exec(argument) : null;
    return match ? `${match[1]?.replaceAll('_', '-')}${match[2]}` : argument;
  });
}

/** All that was given for a flag, in that order: for secrets, before anything is parsed. */
export function valuesOfFlag(argv: readonly string[], flag: string): string[] {
  return argv.flatMap((argument, index) => {
    if (argument === flag) return argv[index + 1] ?? [];
    return argument.startsWith(`${flag}=`) ? argument.slice(flag.length + 1) : [];
  });
}
