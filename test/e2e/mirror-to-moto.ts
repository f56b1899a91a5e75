import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AwsCall, readCall } from '../../sandbox/aws/aws-call.ts';
import { startMoto } from '../support/moto.ts';

/** A proxy in front of the sandbox's AWS that also sends calls to moto. */
export interface MirrorToMoto {
  readonly endpoint: string;
  /** The calls that were also sent to moto, such as `iam CreateRole` or `lambda POST /2015-03-31/functions`. */
  readonly shared: readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts a proxy that also sends each IAM and Lambda call that succeeded in the sandbox to moto. It returns moto's
 * response for IAM calls, and moto's errors for Lambda calls, so that a run fails where a third party's AWS rejects a
 * call. The sandbox must receive all calls, because it runs the workers: moto cannot run functions without containers,
 * and has no transitional states.
 */
export async function startMirrorToMoto(endpoint: string): Promise<MirrorToMoto> {
  const moto = await startMoto();
  const shared: string[] = [];
  /** Maps the sandbox's event source IDs to moto's. */
  const motosIds = new Map<string, string>();

  const server = createServer((request, response) => {
    void answer().catch(() => response.destroy());
    async function answer(): Promise<void> {
      const call = await readCall(request, 'us-east-1');
      let result = await forward(endpoint, call, request.url ?? '/');
      const name = result.status < 400 ? sharedName(call) : undefined;
      if (name !== undefined) {
        let path = request.url ?? '/';
        for (const [ours, motos] of motosIds) path = path.replaceAll(ours, motos);
        const motos = await forward(moto.endpoint, call, path);
        const [ourId, motosId] = [readId(result.body), readId(motos.body)];
        if (call.method === 'POST' && ourId && motosId) motosIds.set(ourId, motosId);
        shared.push(name);
        if (motos.status >= 400 || call.service === 'iam') result = motos;
      }
      response.writeHead(result.status, result.headers).end(result.body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shared,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await moto.stop();
    },
  };
}

/** Returns the name of a call to mirror: IAM, Lambda, and CreateQueue, which moto needs for event sources. */
function sharedName({ service, method, path, headers, body }: AwsCall): string | undefined {
  if (service === 'iam') {
    return `iam ${new URLSearchParams(body.toString()).get('Action')}`;
  }
  if (service === 'lambda') return LACKED_BY_MOTO.test(path) ? undefined : `lambda ${method} ${path}`;
  return headers['x-amz-target'] === 'AmazonSQS.CreateQueue' ? 'sqs CreateQueue' : undefined;
}

const LACKED_BY_MOTO = /\/recursion-config$/;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

async function forward(endpoint: string, call: AwsCall, path: string): Promise<Answer> {
  const { method, body, headers } = call;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const answer = await fetch(`${endpoint}${path}`, {
    method,
    headers: pick(headers),
    ...(hasBody && { body }),
  });
  const kept = [...answer.headers].filter(
    ([name]) => !/^(connection|transfer-encoding|keep-alive)$/.test(name),
  );
  return {
    status: answer.status,
    headers: Object.fromEntries(kept),
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

function pick(headers: IncomingHttpHeaders): Record<string, string> {
  const own = /^(host|connection|content-length|transfer-encoding|expect)$/;
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (own.test(name) ? [] : [[name, String(value)]])),
  );
}

function readId(body: Buffer): string | undefined {
  return /"UUID":\s*"([^"]+)"/.exec(body.toString())?.[1];
}
