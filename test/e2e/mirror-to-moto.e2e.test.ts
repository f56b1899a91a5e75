import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { GetFunctionCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connect,
  createFunction,
  createRole,
  startTestAws,
  type TestAws,
  TRUST,
  zipOf,
} from '../sandbox/aws/support.ts';
import { noMotoReason } from '../support/moto.ts';
import { type MirrorToMoto, startMirrorToMoto } from './mirror-to-moto.ts';

describe.skipIf(noMotoReason)('a proxy that mirrors calls of the sandbox to moto', () => {
  let sandbox: TestAws;
  let mirror: MirrorToMoto;
  beforeAll(async () => {
    sandbox = await startTestAws();
    mirror = await startMirrorToMoto(sandbox.aws.endpoint);
  });
  afterAll(async () => {
    await mirror.stop();
    await sandbox.stop();
  });

  test("returns moto's errors, even when the sandbox accepted the call", async () => {
    const source = 'export const handler = () => undefined;';
    await createFunction(sandbox, await createRole(sandbox), source);
    const code = { FunctionName: 'worker', ZipFile: await zipOf({ 'index.mjs': source }) };
    const { iam, lambda } = connect(mirror.endpoint);
    const refusals = await Promise.all([
      iam.send(new GetRoleCommand({ RoleName: 'worker' })).catch(({ name }) => name),
      lambda.send(new GetFunctionCommand({ FunctionName: 'worker' })).catch(({ name }) => name),
      lambda.send(new UpdateFunctionCodeCommand(code)).catch(({ name }) => name),
    ]);
    expect(refusals).toEqual([
      'NoSuchEntityException',
      'ResourceNotFoundException',
      'ResourceNotFoundException',
    ]);
  });

  test('forwards a call that both accept', async () => {
    const { iam } = connect(mirror.endpoint);
    await iam.send(new CreateRoleCommand({ RoleName: 'known', AssumeRolePolicyDocument: TRUST }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'known' }));
    expect(Role?.RoleName).toBe('known');
    expect((await sandbox.iam.send(new GetRoleCommand({ RoleName: 'known' }))).Role?.RoleName).toBe('known');
  });
});
