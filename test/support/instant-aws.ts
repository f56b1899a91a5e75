import { type AwsOptions, type SandboxAws, startAws } from '../../sandbox/aws/start-aws.ts';

/** Starts the sandbox's AWS without delays, and without running functions. */
export function startInstantAws(directory: string, options: Partial<AwsOptions> = {}): Promise<SandboxAws> {
  const delays = { roleDelayMs: 0, updateDelayMs: 0, queueNameDelayMs: 0 };
  return startAws({ directory, ...delays, runsFunctions: false, ...options });
}
