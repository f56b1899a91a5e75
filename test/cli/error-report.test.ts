import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { reportError } from '../../src/cli/error-report.ts';
import { CancelledError, UsageError, UserError } from '../../src/errors.ts';

describe('reportError', () => {
  test.each([
    [new UserError('it failed.'), 1],
    [new UsageError('it is wrong.'), 2],
    [new CancelledError('Cancelled.'), 130],
  ])('reports %s in one sentence, without a stack', (error, exitCode) => {
    expect(reportError(error)).toEqual({ text: `tdd: ${error.message}`, exitCode });
  });

  test('adds the causes with --verbose', () => {
    const error = new UserError('it failed.', { cause: new Error('a', { cause: new Error('b') }) });
    expect(reportError(error, { verbose: true }).text).toMatch(/^tdd: it failed\.\n.*Error: a.*Error: b/s);
  });

  test('reports Ctrl-C at a question as cancelled', () => {
    const error = Object.assign(new Error('force closed'), { name: 'ExitPromptError' });
    expect(reportError(error)).toEqual({ text: 'tdd: Cancelled.', exitCode: 130 });
  });

  test('reports a failure of the system or of AWS without a stack', async () => {
    const system = await readFile('/no/such/file').catch((error: unknown) => error);
    expect(reportError(system)).toEqual({
      text: expect.stringMatching(
        /^tdd: The system reported: ENOENT: no such file or directory, open '.*file'\.$/,
      ),
      exitCode: 1,
    });
    const aws = Object.assign(new Error('No such thing'), { name: 'ValidationError', $fault: 'client' });
    expect(reportError(aws)).toEqual({
      text: 'tdd: AWS rejected a call (ValidationError): No such thing.',
      exitCode: 1,
    });
    const noRegion = {
      text: expect.stringContaining('No AWS region is set. Set AWS_REGION'),
      exitCode: 2,
    };
    expect(reportError(new Error('Region is missing'))).toEqual(noRegion);
  });

  test('shows the stack and the causes of a bug, and where to report it', () => {
    const { text, exitCode } = reportError(new TypeError('x is undefined', { cause: new Error('deeper') }));
    expect(text).toMatch(/x is undefined.*at .*error-report\.test\.ts.*deeper.*report it at https:.*Node v/s);
    expect(exitCode).toBe(1);
  });

  test.each([
    ['a sentence', (message: string) => new UserError(message)],
    ['a failure of AWS', (message: string) => Object.assign(new Error(message), { $fault: 'client' })],
    [
      'a failure of the system',
      (message: string) => Object.assign(new Error(message), { syscall: 'open', code: 'E' }),
    ],
    ['a bug', (message: string) => new Error(message, { cause: new Error(message) })],
  ])('keeps untrusted text from controlling the terminal or forging lines: %s', (_, make) => {
    const { text } = reportError(make('no \x1b]0;x\x07\n\u009b31mtdd: all is well\u2028\u202e'), {
      verbose: true,
    });
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
    expect(text).not.toMatch(/^tdd: all is well/m);
    expect(text).toContain('\\u001b]0;x');
  });

  test.each([['a string'], [undefined], [null], [{ a: 1 }]])('reports a thrown %j', (thrown) => {
    expect(reportError(thrown).exitCode).toBe(1);
  });
});
