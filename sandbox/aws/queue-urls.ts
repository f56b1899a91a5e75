import { ACCOUNT_ID } from './world.ts';

/** Queues are found by their name: the port in a URL may be that of an earlier run. */
export function storeUrl(url: string, region: string): string {
  return `http://sqs.${region}.localhost/${ACCOUNT_ID}/${nameOf(url)}`;
}

/** The name at the end of a queue's URL. */
export function nameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
