import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { reportError } from '../../src/cli/error-report.ts';
import { CancelledError, UsageError, UserError } from '../../src/errors.ts';

describe('reportError', () => {
  test.each([
    [new UserError('it failed.'), 1],
    [new UsageError('it is wrong.'), 2],
    [new CancelledError('cancelled.'), 130],
  ])('tells %s in one sentence, without a stack', (error, exitCode) => {
    expect(reportError(error)).toEqual({ text: `tdd: ${error.message}`, exitCode });
  });

  test('tells the causes too when asked for details', () => {
    const error = new UserError('it failed.', { cause: new Error('a', { cause: new Error('b') }) });
    expect(reportError(error, { verbose: true }).text).toMatch(/^tdd: it failed\.\n.*Error: a.*Error: b/s);
  });

  test("takes the prompt library's word for Ctrl-C", () => {
    const error = Object.assign(new Error('force closed'), { name: 'ExitPromptError' });
    expect(reportError(error)).toEqual({ text: 'tdd: cancelled.', exitCode: 130 });
  });

  test('tells a failure of the system or of AWS without a stack', async () => {
    const system = await readFile('/no/such/file').catch((error: unknown) => error);
    expect(reportError(system)).toEqual({
      text: "tdd: the system refused: ENOENT: no such file or directory, open '/no/such/file'.",
      exitCode: 1,
    });
    const aws = Object.assign(new Error('No such thing'), { name: 'ValidationError', $fault: 'client' });
    expect(reportError(aws)).toEqual({
      text: 'tdd: AWS rejected a call (ValidationError): No such thing.',
      exitCode: 1,
    });
    const noRegion = {
      text: expect.stringContaining('No AWS region is set, so set AWS_REGION'),
      exitCode: 2,
    };
    expect(reportError(new Error('Region is missing'))).toEqual(noRegion);
  });

  test('shows the stack of anything else, its causes, and what to do with it', () => {
    const { text, exitCode } = reportError(new TypeError('x is undefined', { cause: new Error('deeper') }));
    expect(text).toMatch(/x is undefined.*at .*error-report\.test\.ts.*deeper.*report it.*Node v/s);
    expect(exitCode).toBe(1);
  });

  test.each([['a string'], [undefined], [null], [{ a: 1 }]])('survives %j being thrown', (thrown) => {
    expect(reportError(thrown).exitCode).toBe(1);
  });
});
