#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The AWS SDK warns at each start on an older Node: `tdd deploy` says it, once.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  const { main } = await import('../dist/cli/main.js');
  const { systemClock } = await import('../dist/clock.js');
  process.exitCode = await main({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    signals: process,
  });
} else {
  process.stderr.write('tdd: this checkout is not built: run npm run build first.\n');
  process.exitCode = 2;
}
