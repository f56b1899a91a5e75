import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createCoveringOutput } from '../../src/cli/commands/status.ts';

function open(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 10 });
  return { output: createCoveringOutput(stream), shown: () => String(stream.read() ?? '') };
}

describe('createCoveringOutput', () => {
  it('covers the rows of the last version, wrapped ones too, and nothing above', () => {
    const { output, shown } = open(true);
    output.write('one\n\x1b[32mtwelve signs\x1b[39m\n');
    output.write('two\n');
    expect(shown()).toBe('one\n\x1b[32mtwelve signs\x1b[39m\n\x1b[3A\r\x1b[Jtwo\n');
  });

  it('lets each version stand where nobody can cover it', () => {
    const { output, shown } = open(false);
    output.write('one\n');
    output.write('two\n');
    output.clear();
    expect(shown()).toBe('one\n\ntwo\n\n');
  });
});
