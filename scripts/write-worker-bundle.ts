import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import writeFileAtomic from 'write-file-atomic';
import { NOTICES_FILE } from '../src/deploy/zip.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Some packages in the bundle are CommonJS and call `require`. */
const BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/**
 * Bundles the worker into one ES module and writes the licenses of its packages to THIRD-PARTY-NOTICES.txt in the same
 * folder. Each file is replaced in one step, so concurrent builds do not disturb each other.
 * @param outfile the bundle's path; its folder exists.
 */
export async function writeWorkerBundle(outfile: string): Promise<void> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/worker/entry.ts'],
    outfile: 'index.mjs',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    banner: { js: BANNER },
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const notices = await describeLicenses(packageFolders(inputs));
  for (const { contents } of outputFiles) await writeFileAtomic(outfile, Buffer.from(contents));
  await writeFileAtomic(join(dirname(outfile), NOTICES_FILE), notices);
}

/** Returns the folders of the packages that the files belong to, sorted by package name. */
function packageFolders(inputs: readonly string[]): string[] {
  const folders = inputs.flatMap((input) => {
    const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
    return match ? [join(ROOT, match[0])] : [];
  });
  return [...new Set(folders)].sort();
}

/**
 * Formats the notices: each license text once, below the packages that share it.
 * @throws Error naming a package that has neither a license file nor a `license` in its package.json.
 */
async function describeLicenses(folders: readonly string[]): Promise<string> {
  const packagesByText = new Map<string, string[]>();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const text = await readLicense(folder);
    if (text === '' && license === undefined) throw new Error(`The package "${name}" has no license.`);
    const title = license === undefined ? `${name} ${version}` : `${name} ${version} (${license})`;
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), title]);
  }
  const parts = [...packagesByText].map(([text, packages]) => [...packages, '', text].join('\n').trim());
  return `${['index.mjs contains the packages below.', ...parts].join(SEPARATOR)}\n`;
}

const SEPARATOR = `\n\n${'-'.repeat(80)}\n\n`;

/** Returns the license and notice files of a package as one text; empty when it has none. */
async function readLicense(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /^(?:licen[cs]e|notice|copying)\b/i.test(name));
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}
