import { hashCode, type Notebook, type NotebookOutput, textOf } from './notebook-file.ts';

/**
 * Prepares the notebook for a commit: removes metadata that differs from machine to machine, and adds the hash of the
 * code that produced the outputs.
 */
export function cleanNotebook(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    metadata: {},
    ...(cell.outputs && { outputs: joinStreams(cell.outputs) }),
  }));
  return {
    cells,
    metadata: {
      kernelspec: notebook.metadata.kernelspec,
      language_info: { file_extension: '.ts', mimetype: 'text/x.typescript', name: 'typescript' },
      tdd: { code_sha256: hashCode(notebook) },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** Joins a cell's output, which arrives in chunks of arbitrary size. */
function joinStreams(outputs: readonly NotebookOutput[]): NotebookOutput[] {
  const joined: NotebookOutput[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (output.output_type === 'stream' && last?.output_type === 'stream' && last.name === output.name) {
      joined[joined.length - 1] = { ...last, text: toLines(textOf(last.text) + textOf(output.text)) };
    } else {
      joined.push(output);
    }
  }
  return joined;
}

/** Splits a text into lines with their line ends, as nbformat stores them. */
function toLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
