import { expect, it } from 'vitest';
import { joinText } from '../../src/tables/join-text.ts';

it('joins texts of any length in order, and cuts no character in two', async () => {
  const texts = [
    'short',
    '🎬'.repeat(80_000),
    '€'.repeat(90_000),
    'é'.repeat(90_000),
    'x'.repeat(600_000),
    'end',
  ];
  async function* batches() {
    yield texts.map((text) => [text]);
  }
  const pieces: string[] = [];
  for await (const piece of joinText(batches(), ([text]) => String(text), 'header,'))
    pieces.push(new TextDecoder('utf-8', { fatal: true }).decode(piece));
  expect(pieces.join('')).toBe(`header,${texts.join('')}`);
  expect(pieces.length).toBeGreaterThan(3);
});
