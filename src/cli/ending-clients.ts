import type { CommandContext } from './context.ts';
import { startGracePeriod } from './grace-period.ts';

/** AWS answers within a second; a code bundle may take some to go up. */
const GRACE_MS = 5_000;

/** An SDK client, as far as it is used here. */
interface Client {
  send(...args: never[]): unknown;
}

/**
 * The same clients, whose calls do not outlast the command: at Ctrl-C a call under way may still end, and what it did
 * is then known; one that AWS does not answer is cut off after some seconds, with the signal's reason. So is one that
 * begins later, such as to give messages back.
 */
export function endingClients<Clients extends Readonly<Record<string, Client>>>(
  clients: Clients,
  context: Pick<CommandContext, 'clock' | 'signal'>,
): { readonly [Name in keyof Clients]: Pick<Clients[Name], 'send'> } {
  const ending = Object.entries(clients).map(([name, client]) => [name, endingClient(client, context)]);
  return Object.fromEntries(ending);
}

function endingClient(client: Client, context: Pick<CommandContext, 'clock' | 'signal'>) {
  const send = client.send.bind(client) as (command: unknown, options: object) => unknown;
  return {
    send: async (command: unknown) => {
      const { abort, end } = startGracePeriod(context, GRACE_MS);
      const cut = new Promise<never>((_, reject) => {
        abort.addEventListener('abort', () => reject(abort.reason), { once: true });
      });
      try {
        return await Promise.race([send(command, { abortSignal: abort }), cut]);
      } finally {
        end();
      }
    },
  };
}
