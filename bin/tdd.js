#!/usr/bin/env node
import { closeSync, existsSync, openSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// The AWS SDK warns at each start on an older Node: `tdd deploy` says it, once.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// A container's user may have no home directory: everything there is optional, but the AWS SDK fails without its name. An
// empty variable would make the working directory the home directory.
if (process.env.HOME === '') delete process.env.HOME;
try {
  homedir();
} catch {
  process.env.HOME = '/';
}

/** The number of files that Node may have to open at once to load this program. */
const FILES_TO_LOAD = 32;

/** Whether that many files can be opened. If not, Node reports packages as missing, or cannot load what reports errors. */
function canOpenFiles() {
  const files = [];
  try {
    while (files.length < FILES_TO_LOAD) files.push(openSync(new URL(import.meta.url)));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of files) closeSync(file);
  }
}

/**
 * Lets Node keep the compiled code for the next start, which Node 22.1 and later can, unless NODE_DISABLE_COMPILE_CACHE is
 * set; where it cannot, it compiles again. Not in Node's default folder, in /tmp, which another user may have created first.
 */
async function keepCompiledCode() {
  if (!module.enableCompileCache) return;
  const { cacheFolderOf } = await import('../dist/cli/cache-folder.js');
  module.enableCompileCache(join(await cacheFolderOf(process.env), 'compiled'));
}

if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  process.stderr.write('tdd: This checkout is not built: run "npm run build" first.\n');
  process.exitCode = 2;
} else if (!canOpenFiles()) {
  process.stderr.write(
    'tdd: Too many files are open: raise the limit (ulimit -n) and run the command again.\n',
  );
  process.exitCode = 1;
} else {
  await keepCompiledCode();
  const { main } = await import('../dist/cli/main.js');
  process.exitCode = await main({
    argv: process.argv.slice(2),
    program: process.argv[1],
    env: process.env,
    // A getter, since it throws in a directory that was deleted.
    get cwd() {
      return process.cwd();
    },
    // Getters, since Node opens each stream at its first use, and that takes time.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    signals: process,
  });
}
