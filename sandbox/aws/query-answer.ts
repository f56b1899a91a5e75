import { randomUUID } from 'node:crypto';
import type { AwsAnswer } from './aws-call.ts';
import { toXml, type XmlValue } from './xml.ts';

/** An answer in the Query protocol: `<XResponse><XResult>…`. */
export function answerQuery(action: string, result: XmlValue): AwsAnswer {
  const body = toXml(`${action}Response`, {
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: randomUUID() },
  });
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}
