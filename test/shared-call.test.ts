import { expect, it } from 'vitest';
import { createSharedCall } from '../src/shared-call.ts';

it('makes one call for all callers, aborts it when all have left, and then makes another', async () => {
  const call = createSharedCall<string>();
  const signals: AbortSignal[] = [];
  const start = (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<string>((resolve) => setImmediate(resolve, `call ${signals.length}`));
  };
  const [one, two] = [new AbortController(), new AbortController()];
  const callers = [call.join(start, one.signal), call.join(start, two.signal)];
  one.abort(new Error('one left'));
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  two.abort(new Error('two left'));
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(call.isRunning).toBe(false);
  const next = call.join(start);
  await expect(callers[0]).rejects.toThrow('one left');
  await expect(callers[1]).rejects.toThrow('two left');
  expect(await next).toBe('call 2');
  expect(call.isRunning).toBe(false);
  await expect(call.join(start, one.signal)).rejects.toThrow('one left');
});
