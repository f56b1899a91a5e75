import { findSetting } from '../config/resolve-settings.ts';
import { SETTINGS } from '../config/settings.ts';
import { toOneLine } from '../text.ts';
import type { CommandContext } from './context.ts';

/**
 * Shows where the API key goes if config.ini names another server than TMDB. Call it before the key is sent: the file may
 * have come with the folder that the command runs in, while the key comes from the environment.
 */
export async function announceOtherTmdb({ readSources, output }: CommandContext): Promise<void> {
  const given = findSetting('tmdbBaseUrl', await readSources({ mayBeAbsent: true }));
  if (given?.from !== 'file') return;
  const { parse, default: standard } = SETTINGS.tmdbBaseUrl;
  const url = parse(given.text);
  if (url === standard) return;
  output.notice(toOneLine(`The TMDB API key is sent to ${url}, because of ${given.source}.`, 1_000));
}
