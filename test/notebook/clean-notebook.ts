import { hashCode, type Notebook, type NotebookOutput, textOf } from './notebook-file.ts';

/**
 * A notebook as it is committed: its outputs without what differs on each machine (instants, ports), and the name of
 * the code that made them.
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

/** What a cell printed comes in pieces of any size. */
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

/** A text as nbformat keeps it: its lines with their ends. */
function toLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
