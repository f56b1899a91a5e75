import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { excerptOf } from './excerpt.ts';
import { renderSvg } from './render-svg.ts';

/** The commands of the recording, with a pattern for each paragraph of output to show. */
const STEPS: readonly { readonly command: string; readonly show: readonly RegExp[] }[] = [
  { command: 'tdd deploy --yes', show: [/^RESOURCE/] },
  { command: 'tdd launch --yes', show: [/^partitions/, /^✔/] },
  { command: 'tdd status --watch --totals', show: [/^fleet/] },
];

/** Runs the commands inside the sandbox, and writes docs/recording.svg and docs/recording.txt: `npm run recording`. */
async function record(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-recording-'));
  try {
    const lines: string[] = [];
    for (const { command, show } of STEPS) {
      process.stderr.write(`$ ${command}\n`);
      const prompt = `\u001b[36m$ ${command}\u001b[39m`;
      lines.push(...(lines.length > 0 ? [''] : []), prompt, ...excerptOf(await run(command, folder), show));
    }
    const docs = (name: string) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
    await writeFile(docs('recording.svg'), renderSvg(lines, { title: 'tdd in a terminal' }));
    await writeFile(docs('recording.txt'), `${lines.map(stripVTControlCharacters).join('\n')}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the output of the command on stdout and stderr, in order and with colors. */
async function run(command: string, folder: string): Promise<string> {
  const path = join(folder, 'output');
  const file = await open(path, 'w');
  const [program = '', ...args] = command.split(' ');
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, FORCE_COLOR: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    stdio: ['ignore', file.fd, file.fd],
  });
  const [exitCode] = await once(child, 'exit');
  await file.close();
  const output = await readFile(path, 'utf8');
  if (exitCode !== 0) throw new Error(`${command} failed with exit code ${exitCode}:\n${output}`);
  return output;
}

await record();
