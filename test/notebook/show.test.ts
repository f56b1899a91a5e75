import { afterEach, expect, it, vi } from 'vitest';
import { say, show } from '../../notebooks/show.ts';

afterEach(() => vi.unstubAllGlobals());

it('shows one thing after the other, also after one that the kernel refused', async () => {
  const displayed: unknown[] = [];
  const display = async (value: object) => {
    displayed.push(value);
    if ('refused' in value) throw new Error('The kernel refused it.');
  };
  vi.stubGlobal('Deno', { jupyter: { display } });
  const refused = show({ refused: true });
  const shown = say('a line');
  await expect(refused).rejects.toThrow('The kernel refused it.');
  await shown;
  expect(displayed).toMatchObject([
    { refused: true },
    { [Symbol.for('Jupyter.display')]: expect.anything() },
  ]);
});
