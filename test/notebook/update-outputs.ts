import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanNotebook } from './clean-notebook.ts';
import { NOTEBOOK_PATH, ROOT } from './notebook-file.ts';
import { findTools, runNotebook } from './run-notebook.ts';

/** Runs the notebook in the sandbox and saves its outputs: `npm run notebook`, after each change to its code. */
async function updateOutputs(): Promise<void> {
  const tools = findTools();
  if (typeof tools === 'string') throw new Error(`Cannot run the notebook: ${tools}.`);
  const folder = await mkdtemp(join(tmpdir(), 'tdd-notebook-'));
  try {
    const notebook = cleanNotebook(await runNotebook(tools, { checkout: ROOT, folder, titles: 3_000 }));
    await writeFile(NOTEBOOK_PATH, `${JSON.stringify(notebook, undefined, 1)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await updateOutputs();
