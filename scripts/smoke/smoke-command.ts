import { Command as Commander } from 'commander';
import { parseArguments } from '../../sandbox/command-line.ts';
import { createContext } from '../../src/cli/context.ts';
import type { Io } from '../../src/cli/io.ts';
import { runToExitCode } from '../../src/cli/main.ts';
import { createSecrets } from '../../src/cli/secrets.ts';
import { parseInitial, parseYear } from '../../src/partition.ts';
import { runSmoke } from './run-smoke.ts';

const DESCRIPTION =
  'Tests tdd against the real TMDB, IMDb and AWS, with resources of its own that it deletes at the end. Asks before it ' +
  'creates anything. It takes the TMDB API key from the environment or from config.ini, as tdd does.';

/**
 * `npm run smoke`.
 * @returns the exit code: 0 when every step passed and everything was deleted, otherwise 1; 2 for wrong usage; 130 when
 *   it was cancelled.
 */
export async function runSmokeCommand(io: Io): Promise<number> {
  const secrets = createSecrets([io.env.TMDB_API_KEY]);
  return runToExitCode(io, { secrets, verbose: false }, async (signal) => {
    const program = new Commander('npm run smoke --')
      .description(DESCRIPTION)
      .option('--year <YYYY>', 'the year of the partition to download', '2004')
      .option('--initial <II>', 'its initial', 'AD')
      .helpOption('-h, --help', 'show help');
    const exitCode = parseArguments(program, io);
    if (exitCode !== undefined) return exitCode;
    const { year, initial } = program.opts();
    const partition = { year: parseYear(year), initial: parseInitial(initial) };
    // A second Ctrl-C must not end this process before it has reported what is left.
    const stayAlive = (): void => {};
    io.signals.on('SIGINT', stayAlive);
    try {
      return await runSmoke(createContext(io, { secrets, signal }, {}), partition);
    } finally {
      io.signals.off('SIGINT', stayAlive);
    }
  });
}
