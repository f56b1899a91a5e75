import type { Lake } from '../../lake/lake.ts';
import type { ExportFormat } from '../../tables/formats.ts';
import { formatLoadScripts } from '../../tables/sql/load-scripts.ts';

/** Writes the SQL scripts that load an export, unless they are there already. They are valid for any set of years. */
export async function writeLoadScripts(
  { target }: { readonly target: Lake },
  format: ExportFormat,
): Promise<void> {
  for (const { name, text } of formatLoadScripts({ format, place: target.url })) {
    const object = await target.read(name);
    if (object?.body.toString('utf8') !== text) await target.write(name, text, 'application/sql');
  }
}
