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

describe.skipIf(noMotoReason)("the door to the sandbox's AWS beside moto", () => {
  let sandbox: TestAws;
  let door: MirrorToMoto;
  beforeAll(async () => {
    sandbox = await startTestAws();
    door = await startMirrorToMoto(sandbox.aws.endpoint);
  });
  afterAll(async () => {
    await door.stop();
    await sandbox.stop();
  });

  test('gives what moto refuses as refused, though the sandbox took it', async () => {
    const source = 'export const handler = () => undefined;';
    await createFunction(sandbox, await createRole(sandbox), source);
    const code = { FunctionName: 'worker', ZipFile: await zipOf({ 'index.mjs': source }) };
    const { iam, lambda } = connect(door.endpoint);
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

  test('lets pass what both take', async () => {
    const { iam } = connect(door.endpoint);
    await iam.send(new CreateRoleCommand({ RoleName: 'known', AssumeRolePolicyDocument: TRUST }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'known' }));
    expect(Role?.RoleName).toBe('known');
    expect((await sandbox.iam.send(new GetRoleCommand({ RoleName: 'known' }))).Role?.RoleName).toBe('known');
  });
});
