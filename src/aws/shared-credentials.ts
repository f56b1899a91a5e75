import type { CredentialProvider } from './client-config.ts';

/**
 * Creates the SDK's default chain of credential providers for all clients of a process: they ask for an MFA code once, and
 * assume a role once. Its requests use the proxy and the CAs in the environment. It loads the SDK when it is called.
 * @param options.env as `process.env`.
 * @param options.askMfaCode asks the user for the code of an MFA device; without it, profiles that need a code fail.
 */
export function shareCredentials({
  env,
  askMfaCode,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly askMfaCode?: ((serial: string) => Promise<string>) | undefined;
}): CredentialProvider {
  let loading: Promise<CredentialProvider> | undefined;
  // One question at a time: the SDK may load credentials again while a question is open.
  let asked: Promise<unknown> = Promise.resolve();
  const askInTurn = (ask: (serial: string) => Promise<string>) => (serial: string) => {
    const answer = asked.then(() => ask(serial));
    asked = answer.catch(() => undefined);
    return answer;
  };
  const load = async (): Promise<CredentialProvider> => {
    const [{ defaultProvider }, { clientConfig, DEFAULT_TIMEOUTS }] = await Promise.all([
      import('@aws-sdk/credential-provider-node'),
      import('./client-config.ts'),
    ]);
    const { requestHandler, logger } = clientConfig(DEFAULT_TIMEOUTS, env);
    return defaultProvider({
      clientConfig: { requestHandler, logger },
      logger,
      ...(askMfaCode && { mfaCodeProvider: askInTurn(askMfaCode) }),
    });
  };
  return async (options) => {
    loading ??= load();
    return (await loading)(options);
  };
}
