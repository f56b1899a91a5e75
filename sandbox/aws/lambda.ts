import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import {
  findFunction,
  json,
  type LambdaCall,
  type LambdaDeps,
  noResource,
  unknownOperation,
} from './lambda-call.ts';
import { handleFunction } from './lambda-functions.ts';
import { handleMapping } from './lambda-mappings.ts';

/** Lambda's REST interface: functions, their tags and recursion settings, and event source mappings. */
export function handleLambda(deps: LambdaDeps, awsCall: AwsCall): AwsAnswer {
  const call: LambdaCall = { ...awsCall, input: JSON.parse(awsCall.body.toString() || '{}') };
  const [version, kind, ...rest] = decodeURIComponent(call.url.pathname).split('/').slice(1).filter(Boolean);
  if (version === '2015-03-31' && kind === 'functions') {
    // The name may be an ARN; names and ARNs of functions contain no slashes.
    return handleFunction(deps, call, rest[0], rest[1]);
  }
  if (version === '2015-03-31' && kind === 'event-source-mappings') return handleMapping(deps, call, rest[0]);
  if (version === '2017-03-31' && kind === 'tags') return handleTags(deps, call, rest.join('/'));
  if (version === '2024-08-31' && kind === 'functions' && rest[1] === 'recursion-config') {
    return handleRecursion(deps, call, rest[0] ?? '');
  }
  throw unknownOperation(call);
}

function handleTags({ world }: LambdaDeps, call: LambdaCall, arn: string): AwsAnswer {
  const tags = arn.includes(':event-source-mapping:')
    ? world.mappings[arn.slice(arn.lastIndexOf(':') + 1)]?.tags
    : findFunction(world, arn, call.region).tags;
  if (!tags) throw noResource();
  switch (call.method) {
    case 'GET':
      return json(200, { Tags: tags });
    case 'POST':
      Object.assign(tags, call.input.Tags);
      return { status: 204 };
    default:
      for (const key of call.url.searchParams.getAll('tagKeys')) delete tags[key];
      return { status: 204 };
  }
}

/** Regions that do not offer this: https://github.com/aws/aws-lambda-roadmap/issues/18. */
const WITHOUT_LOOP_DETECTION = /^(?:us-gov-.+|mx-central-1|ap-southeast-6)$/;

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html */
function handleRecursion({ world }: LambdaDeps, call: LambdaCall, name: string): AwsAnswer {
  if (WITHOUT_LOOP_DETECTION.test(call.region)) {
    const message = 'Unable to determine service/operation name to be authorized';
    throw new AwsError(403, 'AccessDeniedException', message);
  }
  const found = findFunction(world, name, call.region);
  if (call.method === 'PUT') {
    const { RecursiveLoop } = call.input;
    if (RecursiveLoop !== 'Allow' && RecursiveLoop !== 'Terminate') {
      throw new AwsError(
        400,
        'ValidationException',
        `1 validation error detected: Value '${RecursiveLoop}' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Allow, Terminate]`,
      );
    }
    found.recursiveLoop = RecursiveLoop;
  }
  return json(200, { RecursiveLoop: found.recursiveLoop });
}
