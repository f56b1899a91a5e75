import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { answerQuery } from './query-answer.ts';
import { ACCOUNT_ID } from './world.ts';

/** @param callerArn whose key signed the call. */
export function handleSts(call: AwsCall, callerArn: string): AwsAnswer {
  const action = new URLSearchParams(call.body.toString()).get('Action') ?? '';
  if (action !== 'GetCallerIdentity') {
    throw new AwsError(400, 'InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
  }
  return answerQuery(action, { Arn: callerArn, UserId: call.accessKeyId, Account: ACCOUNT_ID });
}
