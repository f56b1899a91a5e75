import pc from 'picocolors';
import { expect, test } from 'vitest';
import { formatPlan } from '../../src/cli/format-plan.ts';

const style = {
  ...pc.createColors(false),
  columns: 160,
  redact: (text: string) => text,
  command: (line: string) => line,
};
const ARN = 'arn:aws:sqs:us-east-1:000000000000:films-queue-with-a-long-name';
const trust = (service: string) =>
  JSON.stringify({
    Statement: { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: service } },
    Version: '2012-10-17',
  });
const statement = (actions: string[], resource: string) =>
  JSON.stringify({ Action: actions, Effect: 'Allow', Resource: resource });

test.each([
  [
    'the changed value of a policy',
    { property: 'AssumeRolePolicy', old: trust('ec2.amazonaws.com'), new: trust('lambda.amazonaws.com') },
    ['AssumeRolePolicy.Statement.Principal.Service: ec2.amazonaws.com → lambda.amazonaws.com'],
  ],
  [
    'what is added to and removed from a list',
    {
      property: 'Policy tdd Queue',
      old: statement(['sqs:DeleteMessage', 'sqs:PurgeQueue', 'sqs:ListQueues'], ARN),
      new: statement(['sqs:DeleteMessage', 'sqs:SendMessage'], ARN),
    },
    ['Policy tdd Queue.Action: removed sqs:PurgeQueue, sqs:ListQueues; added sqs:SendMessage'],
  ],
  [
    'a value that is added to an object or removed from it',
    { property: 'RedrivePolicy', old: '{"a":1}', new: '{"maxReceiveCount":5}' },
    ['RedrivePolicy.a: 1 → removed', 'RedrivePolicy.maxReceiveCount: none → 5'],
  ],
  [
    'the first difference between long values',
    { property: 'Resource', old: `${ARN}-of-one-thing`, new: `${ARN}-of-another-thing` },
    ['Resource: …-name-of-one-thing → …-name-of-another-thing'],
  ],
  [
    'a removed value',
    { property: 'Managed policy arn', old: 'attached' },
    ['Managed policy arn: attached → removed'],
  ],
  [
    'a value that differs as a whole',
    { property: 'RedrivePolicy', old: 'not JSON', new: '{"a":1}' },
    ['RedrivePolicy: not JSON → {"a":1}'],
  ],
])('a plan shows %s', (_, change, expected) => {
  const line = { kind: 'role', name: 'films-role', action: 'update', changes: [change], notes: [] } as const;
  const lines = formatPlan([line], style).split('\n').slice(2);
  expect(lines.map((text) => text.trim())).toEqual(expected);
});

test('formatPlan indents the rest of a long change further than the next change', () => {
  const changes = [
    { property: 'Description', old: 'one two three', new: 'four five six' },
    { property: 'Timeout', old: '900', new: '300' },
  ];
  const line = { kind: 'function', name: 'films', action: 'update', changes, notes: [] } as const;
  expect(
    formatPlan([line], { ...style, columns: 36 })
      .split('\n')
      .slice(2),
  ).toEqual(['    Description: one two three →', '      four five six', '    Timeout: 900 → 300']);
});
