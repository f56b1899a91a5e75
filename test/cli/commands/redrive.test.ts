import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answerJson, type LoopbackServer, startLoopbackServer } from '../../support/loopback-server.ts';
import { runCli } from '../../support/run-cli.ts';
import { stubAws } from '../../support/stub-aws.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const WHO =
  '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';
const NO_SUCH_KEY = '<Error><Code>NoSuchKey</Code></Error>';
const BODY = '{"year":2004,"initial":"AD"}';
const MD5OfBody = createHash('md5').update(BODY).digest('hex');
const LETTER = { MessageId: 'm', ReceiptHandle: 'r', Body: BODY, MD5OfBody };

let server: LoopbackServer;
let signals: EventEmitter;
let stopped: unknown[];

/** An SQS whose move task never ends by itself. The first poll of the task triggers Ctrl-C. */
beforeEach(async () => {
  signals = new EventEmitter();
  stopped = [];
  let isStarted = false;
  const received = [[LETTER], []];
  const sqs: Record<string, (input: unknown) => object> = {
    GetQueueUrl: () => ({ QueueUrl: `${server.url}/q` }),
    GetQueueAttributes: () => ({ Attributes: { QueueArn: 'arn:aws:sqs:us-east-1:123456789012:q' } }),
    ReceiveMessage: () => ({ Messages: received.shift() ?? [] }),
    ChangeMessageVisibilityBatch: () => ({ Successful: [{ Id: '0' }], Failed: [] }),
    StartMessageMoveTask: () => {
      isStarted = true;
      return { TaskHandle: 'task' };
    },
    ListMessageMoveTasks: () => {
      if (!isStarted) return {};
      signals.emit('SIGINT');
      return { Results: [{ Status: 'RUNNING', TaskHandle: 'task' }] };
    },
    CancelMessageMoveTask: (input) => {
      stopped.push(input);
      return { ApproximateNumberOfMessagesMoved: 7 };
    },
  };
  server = await startLoopbackServer(async (request, response) => {
    const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
    if (sqs[operation]) answerJson(response, 200, sqs[operation](await json(request)));
    else if (request.url?.includes('source.json')) response.writeHead(404).end(NO_SUCH_KEY);
    else response.end(request.method === 'POST' ? WHO : '');
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

test("Ctrl-C also cancels SQS's move task, and reports it", async () => {
  const env = stubAws(server.url);
  const cwd = await makeTempFolder();
  const { exitCode, stderr } = await runCli(['redrive', '--yes', '--quiet'], {
    cwd,
    env: { ...env, XDG_CACHE_HOME: cwd },
    signals,
  });
  expect(stderr).toBe(
    'tdd: Cancelled: SQS stopped after about 7 messages; the others stay in the dead-letter queue.\n',
  );
  expect(exitCode).toBe(130);
  expect(stopped).toEqual([{ TaskHandle: 'task' }]);
});
