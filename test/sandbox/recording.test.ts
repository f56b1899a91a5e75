import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { excerptOf } from '../../sandbox/recording/excerpt.ts';
import { renderSvg } from '../../sandbox/recording/render-svg.ts';
import { runCli } from '../support/run-cli.ts';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

/** Returns the lines of an SVG, which has one `text` element per line. */
function textOf(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, content = '']) =>
    content
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  );
}

describe('docs/recording.svg', () => {
  const text = read('recording.txt');

  it('shows exactly the text of docs/recording.txt', () => {
    expect(textOf(read('recording.svg'))).toEqual(text.trimEnd().split('\n'));
  });

  const commands = [...text.matchAll(/^\$ tdd (.*)$/gm)].map(([, argv = '']) => argv.split(' '));

  it.each(commands)('shows a command and flags that exist: tdd %s %s', async (name, ...flags) => {
    const { stdout, exitCode } = await runCli([name ?? '', '--help'], { cwd: '/' });
    expect(exitCode).toBe(0);
    for (const flag of flags.filter((word) => word.startsWith('--')))
      expect(stdout).toMatch(new RegExp(`${flag}\\b`));
  });

  it('fits 80 columns, and shows no local path, address or key', () => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).not.toMatch(/\/tmp|\/home|\/Users|127\.0\.0\.1|localhost|[0-9a-f]{32}/);
  });
});

it('shows the matching paragraphs, without values that differ between runs', () => {
  const output =
    'Checking …\n\n\u001b[1mfleet\u001b[22m  launched 2026-11-26 01:20 UTC\n  at http://127.0.0.1:8080\nrun 20261126T012017Z-26045b\n\nend\n';
  expect(excerptOf(output, [/^fleet/])).toEqual([
    '\u001b[1mfleet\u001b[22m  launched 2026-01-05 09:00 UTC',
    'run 20260105T090000Z-5f3a9c',
  ]);
  expect(excerptOf(`\u001b[2m${'x'.repeat(90)}\u001b[22m`, [/x/])).toEqual([
    `\u001b[2m${'x'.repeat(79)}\u001b[22m…`,
  ]);
  expect(() => excerptOf(output, [/^queue/])).toThrow('No paragraph matches');
});

it('draws each run of one style at its column', () => {
  const svg = renderSvg(['a  \u001b[32m\u001b[1m<b>\u001b[22m\u001b[39m & c', ''], { title: 'T' });
  expect(textOf(svg)).toEqual(['a  <b> & c', '']);
  expect(svg).toContain(
    '<tspan x="45.2" textLength="25.2" lengthAdjust="spacingAndGlyphs" fill="#56d364" font-weight="bold">&lt;b&gt;</tspan>',
  );
});
