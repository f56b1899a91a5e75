/** The state of the sandbox's AWS as plain JSON, so that it can be saved and restored. */
export interface World {
  roles: Record<string, Role>;
  functions: Record<string, LambdaFunction>;
  mappings: Record<string, EventSourceMapping>;
  logGroups: Record<string, LogGroup>;
  buckets: Record<string, Bucket>;
}

/** An IAM role, by its name. */
export interface Role {
  roleId: string;
  name: string;
  path: string;
  arn: string;
  createdAt: number;
  description?: string | undefined;
  /** The trust policy as JSON. */
  trust: string;
  /** When the trust policy last changed; absent if it never did. */
  trustChangedAt?: number;
  /** The ARN of the permissions boundary. */
  boundary?: string | undefined;
  maxSessionSeconds: number;
  tags: Record<string, string>;
  /** Inline policies by name, as JSON text. */
  policies: Record<string, string>;
  /** ARNs of managed policies. */
  attached: string[];
  /** When the trust policy or a permission last changed, in epoch milliseconds. */
  changedAt: number;
}

/** A Lambda function, by its name. */
export interface LambdaFunction {
  /** As GetFunctionConfiguration returns it, without the fields that change over time. */
  configuration: FunctionConfiguration;
  tags: Record<string, string>;
  recursiveLoop: 'Allow' | 'Terminate';
  /** The function is `Pending` until then, in epoch milliseconds. */
  activeAt: number;
  /** The last update is `InProgress` until then. */
  updatedAt: number;
}

export interface FunctionConfiguration {
  FunctionName: string;
  FunctionArn: string;
  Runtime: string;
  Role: string;
  Handler: string;
  CodeSize: number;
  CodeSha256: string;
  Description: string;
  Timeout: number;
  MemorySize: number;
  LastModified: string;
  Version: '$LATEST';
  RevisionId: string;
  PackageType: 'Zip';
  Architectures: string[];
  Environment?: { Variables: Record<string, string> } | undefined;
  LoggingConfig: Record<string, string>;
  EphemeralStorage: { Size: number };
  TracingConfig: { Mode: string };
  [other: string]: unknown;
}

/** An event source mapping, by its UUID. */
export interface EventSourceMapping {
  uuid: string;
  functionArn: string;
  queueArn: string;
  batchSize: number;
  batchingWindowSeconds: number;
  responseTypes: string[];
  maximumConcurrency?: number | undefined;
  filters?: unknown;
  tags: Record<string, string>;
  enabled: boolean;
  changedAt: number;
  /** The change in progress until `settledAt`. */
  transition: 'Creating' | 'Enabling' | 'Disabling' | 'Updating' | 'Deleting';
  settledAt: number;
}

export interface LogGroup {
  name: string;
  createdAt: number;
  retentionDays?: number | undefined;
  tags: Record<string, string>;
}

export interface Bucket {
  region: string;
  createdAt: number;
  /** Settings as S3's XML, by query parameter: `tagging`, `lifecycle`, … */
  settings: Record<string, string>;
}

/** Creates an empty account. */
export function emptyWorld(): World {
  return { roles: {}, functions: {}, mappings: {}, logGroups: {}, buckets: {} };
}

/** Advances the time of roles, functions and mappings: IAM propagation and changes end earlier. */
export function passWorldTime({ roles, functions, mappings }: World, milliseconds: number): void {
  for (const role of Object.values(roles)) {
    role.createdAt -= milliseconds;
    role.changedAt -= milliseconds;
    if (role.trustChangedAt !== undefined) role.trustChangedAt -= milliseconds;
  }
  for (const found of Object.values(functions)) {
    found.activeAt -= milliseconds;
    found.updatedAt -= milliseconds;
  }
  for (const mapping of Object.values(mappings)) {
    mapping.changedAt -= milliseconds;
    mapping.settledAt -= milliseconds;
  }
}

/** The account ID. */
export const ACCOUNT_ID = '000000000000';

export function roleOf(world: World, arn: string): Role | undefined {
  return Object.values(world.roles).find((role) => role.arn === arn);
}
