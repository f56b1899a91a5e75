import { resolve } from 'node:path';
import { type OpenFleet, openFleet, type ProcessContext } from '../app/open-aws.ts';
import type { Identity } from '../aws/clients.ts';
import type { Settings } from '../config/settings.ts';
import { UsageError } from '../errors.ts';
import { findUnwritable, isPlainFile } from '../lake/directory/file-errors.ts';
import { type LakeLocation, parseLakeUrl } from '../lake/open-lake.ts';
import { quote, toOneLine } from '../text.ts';
import { cacheFolderOf } from './cache-folder.ts';
import type { CommandContext } from './context.ts';
import { type Flags, readFlag } from './flags.ts';

/** The input of a command on a fleet. */
export interface FleetInput {
  readonly settings: Settings & { readonly bucketName: string };
}

/** Reads the settings of a command on a fleet, and asks for the bucket when it is missing. */
export async function readFleetInput(context: CommandContext): Promise<FleetInput> {
  const settings = await context.readSettings();
  return { settings: { ...settings, bucketName: await context.requireSetting(settings, 'bucketName') } };
}

/**
 * Reads `--to` or `--from`; `undefined` when it is not given.
 * @param parse `parseDestination` for the destination of an export.
 * @throws {UsageError} for an invalid location.
 */
export function readPlace(
  { io }: CommandContext,
  flags: Flags,
  flag: '--to' | '--from',
  parse = parseLakeUrl,
): LakeLocation | undefined {
  const location = readFlag(flags, flag, parse);
  if (location?.kind !== 'directory') return location;
  return { kind: 'directory', directory: resolve(io.cwd, location.directory) };
}

/**
 * Checks the directory of a place before anything else is done; it may not exist yet. A bucket is not checked.
 * @param options.writes whether the command writes into it.
 * @throws {UsageError} naming `flag` when it is a file or is inside one, or may not be written.
 */
export async function checkDirectory(
  place: LakeLocation | undefined,
  flag: '--from' | '--to',
  { writes = false }: { readonly writes?: boolean } = {},
): Promise<void> {
  if (place?.kind !== 'directory') return;
  const { directory } = place;
  const name = quote(directory, 1_000);
  if (await isPlainFile(directory)) {
    throw new UsageError(`${name} is a file or is inside one: check ${flag}.`);
  }
  const denied = writes ? await findUnwritable(directory) : undefined;
  if (denied === undefined) return;
  const { folder, reason } = denied;
  const where = folder === directory ? '' : ` because of ${quote(folder, 1_000)}`;
  throw new UsageError(`Cannot write into ${name}${where}: ${reason}. Check ${flag}.`);
}

/** Returns the location of the configured bucket, which it asks for when it is missing. */
export async function readBucketLocation(context: CommandContext, settings: Settings): Promise<LakeLocation> {
  return { kind: 's3', bucket: await context.requireSetting(settings, 'bucketName') };
}

/** The part of a command's context that a connection needs. */
export function processOf({
  io,
  clock,
  credentials,
  signal,
  output,
  onWait,
}: CommandContext): ProcessContext {
  return { env: io.env, clock, credentials, signal, trace: output.trace, onWait };
}

/**
 * Opens a fleet for a command.
 * @param options.announce shows the caller's AWS identity first: for commands that change something.
 * @param options.needsLake `false` for commands that also work without access to the bucket.
 * @throws {UserError} when the bucket is absent or there are no valid AWS credentials.
 */
export async function openCommandFleet(
  context: CommandContext,
  { settings }: FleetInput,
  { announce, needsLake }: { readonly announce: boolean; readonly needsLake?: boolean },
): Promise<OpenFleet> {
  return openFleet(processOf(context), settings, {
    cacheFolder: await cacheFolder(context),
    needsLake,
    onIdentity: announce ? (identity) => announceIdentity(context, identity) : undefined,
  });
}

/** Shows the caller's identity in AWS, before anything is changed there. */
export function announceIdentity({ io, output }: CommandContext, identity: Identity): void {
  const { region, accountId, arn } = identity;
  // Without the password that a URL may have.
  const text = io.env.AWS_ENDPOINT_URL ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const endpoint = url ? `, at ${url.origin}${url.pathname.replace(/\/$/, '')}` : '';
  output.info(toOneLine(`AWS account ${accountId}, region ${region}, ${credentialsOf(identity)}${endpoint}`));
  output.info(output.style.dim(`  as ${toOneLine(arn)}`));
}

function credentialsOf({ profile, credentialSource }: Identity): string {
  if (profile !== undefined) return `profile ${profile}`;
  if (credentialSource === 'environment') return 'credentials from environment variables';
  if (credentialSource === 'web identity') return 'credentials from a web identity token';
  return credentialSource === 'role' ? "credentials from this machine's role" : 'no profile';
}

/** Returns this program's folder in the user's cache folder. @throws an error of the system when the user has no home. */
export function cacheFolder({ io }: CommandContext): Promise<string> {
  return cacheFolderOf(io.env);
}
