import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { withSlashes } from './support/platform.ts';

const root = fileURLToPath(new URL('../src', import.meta.url));

/** The folders that each folder of src may import from, besides itself and the files in the root of src. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: [
    ...['app', 'config', 'imdb', 'tmdb', 'lake', 'tables', 'download', 'fleet', 'aws', 'deploy'],
    'worker',
  ],
  app: ['config', 'imdb', 'tmdb', 'lake', 'tables', 'download', 'fleet', 'aws', 'deploy'],
  worker: ['download', 'imdb', 'tmdb', 'lake', 'config', 'aws'],
  deploy: ['aws'],
  fleet: ['tmdb', 'imdb', 'lake', 'download', 'aws'],
  download: ['tmdb', 'imdb', 'lake', 'tables'],
  tables: ['lake'],
  lake: ['aws'],
  aws: [],
  imdb: ['lake'],
  tmdb: [],
  config: [],
};

interface SourceFile {
  /** `cli/main.ts` */
  readonly path: string;
  /** `cli`, or empty for a file at the root. */
  readonly folder: string;
  readonly text: string;
}

const files: readonly SourceFile[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map(withSlashes)
  .map((path) => ({ path, folder: folderOf(path), text: readFileSync(join(root, path), 'utf8') }));

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

/** The modules that a file imports, statically or dynamically, except for type-only imports. */
function importsOf(file: SourceFile): string[] {
  const dynamic = file.text.matchAll(/\bimport\('([^']+)'\)/g);
  return [...staticImportsOf(file), ...[...dynamic].map((match) => match[1] ?? '')];
}

/** The modules that are loaded together with a file. */
function staticImportsOf({ text }: SourceFile): string[] {
  const statements = text.matchAll(/^\s*(?:import|export)\s+(?!type\s)([^'";]*?\sfrom\s+)?'([^']+)'/gm);
  return [...statements].filter(([, names]) => !importsOnlyTypes(names ?? '')).map((match) => match[2] ?? '');
}

/** Whether an import such as `{ type A, type B } from` imports only types. */
function importsOnlyTypes(names: string): boolean {
  const list = /^\{([^}]*)\}/.exec(names.trim())?.[1];
  const items = list?.split(',').map((item) => item.trim()) ?? [''];
  return items.filter((item) => item !== '').every((item) => item.startsWith('type ')) && items.some(Boolean);
}

/** The files of src that a file imports, as paths like {@link SourceFile.path}. */
function localImportsOf(file: SourceFile): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => withSlashes(join(dirname(file.path), specifier)));
}

describe('the imports of src', () => {
  test('are recognized in all forms', () => {
    const text = [
      "import a from 'a';",
      "import type { B } from 'b';",
      "import { type C, type D } from 'c';",
      "import { type E, f } from 'd';",
      "import {\n  type G,\n  h,\n} from 'e';",
      "import 'f';",
      "export * from 'g';",
      "export type { I } from 'h';",
      "  const { j } = await import('i');",
    ].join('\n');
    expect(importsOf({ path: '', folder: '', text })).toEqual(['a', 'd', 'e', 'f', 'g', 'i']);
  });

  test.each(Object.keys(MAY_IMPORT))('of %s are only from folders that it may import', (folder) => {
    const wrong = files
      .filter((file) => file.folder === folder)
      .flatMap((file) => localImportsOf(file).map((target) => ({ file, target })))
      .filter(({ file, target }) => !isAllowed(file, target))
      .map(({ file, target }) => `${file.path} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  test('are defined for every folder', () => {
    const folders = new Set(files.map(({ folder }) => folder).filter((folder) => folder !== ''));
    expect([...folders].filter((folder) => !(folder in MAY_IMPORT))).toEqual([]);
  });

  test('of the root are from no folder, except in the public API', () => {
    const wrong = files
      .filter(({ folder, path }) => folder === '' && path !== 'index.ts')
      .flatMap((file) => localImportsOf(file).filter((target) => folderOf(target) !== ''));
    expect(wrong).toEqual([]);
  });
});

describe('the folders', () => {
  const repository = fileURLToPath(new URL('..', import.meta.url));

  /** The top-level folders from which the files of `folder` import anything, including types. */
  function foldersImportedBy(folder: string): Set<string> {
    const from = new Set<string>();
    for (const path of readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:ts|mjs)$/.test(path)) continue;
      const text = readFileSync(join(repository, folder, path), 'utf8');
      for (const [, specifier = ''] of text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']*)'/g)) {
        from.add(folderOf(withSlashes(join(folder, dirname(path), specifier))));
      }
    }
    return from;
  }

  test.each([
    ['src', ['src']],
    ['sandbox', ['sandbox', 'src']],
    ['bench', ['bench', 'sandbox', 'scripts', 'src', 'test']],
    ['scripts', ['sandbox', 'scripts', 'src']],
    ['test', ['bench', 'notebooks', 'sandbox', 'scripts', 'src', 'test']],
  ])('%s imports only from %j', (folder, allowed) => {
    expect([...foldersImportedBy(folder)].filter((from) => !allowed.includes(from))).toEqual([]);
  });
});

test('tdd --help loads only commander, Node and a few small files, because each package adds to the start-up time', () => {
  const packages = new Set<string>();
  const loaded = new Set<string>();
  const load = (path: string): void => {
    const file = files.find((candidate) => candidate.path === path);
    if (file === undefined || loaded.has(path)) return;
    loaded.add(path);
    for (const specifier of staticImportsOf(file)) {
      if (specifier.startsWith('.')) load(withSlashes(join(dirname(path), specifier)));
      else packages.add(specifier);
    }
  };
  load('cli/main.ts');
  expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual(['commander']);
  expect(loaded).toContain('cli/program.ts');
  expect(loaded.size).toBeLessThanOrEqual(8);
});

function isAllowed({ folder }: SourceFile, target: string): boolean {
  const to = folderOf(target);
  return to === '' || to === folder || MAY_IMPORT[folder]?.includes(to) === true;
}

describe('the core', () => {
  const core = files.filter(({ folder, path }) => folder !== 'cli' && path !== 'worker/entry.ts');

  test.each([
    ['the environment', /\bprocess\.env\b/],
    ['the console', /\bconsole\./],
    ['the standard streams', /\bprocess\.(?:stdin|stdout|stderr)\b/],
    ['the working directory', /\bprocess\.cwd\b/],
    ['the exit code', /\bprocess\.exit(?:Code)?\b/],
  ])('does not touch %s', (_what, pattern) => {
    expect(core.filter(({ text }) => pattern.test(withoutComments(text))).map(({ path }) => path)).toEqual(
      [],
    );
  });

  test('leaves ending the process to bin/tdd.js', () => {
    const wrong = files.filter(({ text }) => /\bprocess\.exit\b/.test(withoutComments(text)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
}
