import { afterEach, expect, it, vi } from 'vitest';
import { DISPLAY } from '../../notebooks/display.ts';
import { say, show } from '../../notebooks/show.ts';

afterEach(() => vi.unstubAllGlobals());

it('shows values in order, even after an error of the kernel, and images at half their size', async () => {
  const displayed: unknown[] = [];
  const broadcast = async (_: string, content: { readonly data: object }) => {
    displayed.push(content);
    if ('text/html' in content.data) throw new Error('The kernel failed.');
  };
  vi.stubGlobal('Deno', { jupyter: { broadcast } });
  const failed = show({ [DISPLAY]: () => ({ 'text/html': '' }) });
  const image = show({ [DISPLAY]: async () => ({ 'image/png': 'iVBO' }) });
  const line = say('a line');
  await expect(failed).rejects.toThrow('The kernel failed.');
  await Promise.all([image, line]);
  expect(displayed).toEqual([
    { data: { 'text/html': '' }, metadata: {}, transient: {} },
    { data: { 'image/png': 'iVBO' }, metadata: { 'image/png': { width: 720 } }, transient: {} },
    { data: { 'text/plain': 'a line' }, metadata: {}, transient: {} },
  ]);
});
