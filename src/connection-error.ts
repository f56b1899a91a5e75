import { UserError } from './errors.ts';
import { capitalize, withFullStop } from './text.ts';

/**
 * A connection failed before it reached the service: its proxy or a TLS certificate is the cause, not the service. The
 * message names both the cause and what to do.
 */
export class ConnectionError extends UserError {
  override readonly name = 'ConnectionError';
  /** The problem as a clause, without an initial capital or a full stop. */
  readonly problem: string;
  /** Whether a retry can succeed without changes on this side. */
  readonly isTransient: boolean;

  /** @param advice what to do, as a clause without a full stop. */
  constructor(
    problem: string,
    advice: string,
    { isTransient = false, cause }: { readonly isTransient?: boolean; readonly cause?: unknown } = {},
  ) {
    super([problem, advice].map(capitalize).map(withFullStop).join(' '), { cause });
    this.problem = problem;
    this.isTransient = isTransient;
  }
}

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes, and Node's own code for a certificate of another host. */
const CERTIFICATE =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|UNABLE_TO_\w+|\w*CERT_\w+|\w*_CERT|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|CRL_\w+)$/;

/**
 * Returns the {@link ConnectionError} for an error of a connection: the one among its causes, or a new one if it is about
 * a certificate; `undefined` for any other error.
 * @param host the server, as messages name it.
 */
export function findConnectionError(error: unknown, host: string): ConnectionError | undefined {
  if (error instanceof ConnectionError) return error;
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (CERTIFICATE.test(code)) return certificateError(code, host, error);
  return findConnectionError(error.cause, host);
}

function certificateError(code: string, host: string, cause: Error): ConnectionError {
  const [problem, advice] = describeCertificate(code);
  return new ConnectionError(`the TLS certificate of ${host} ${problem} (${code})`, advice, { cause });
}

function describeCertificate(code: string): readonly [problem: string, advice: string] {
  const unlessRight = "check this machine's clock; if it is right, the server or the proxy that replaces its";
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return [
        'has expired',
        `${unlessRight} certificate needs a new one (see NODE_EXTRA_CA_CERTS for its CA)`,
      ];
    case 'CERT_NOT_YET_VALID':
      return ['is not valid yet', `${unlessRight} certificate is wrong (see NODE_EXTRA_CA_CERTS for its CA)`];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return [
        'is for another host',
        'check the URL, the network and the proxy; NODE_EXTRA_CA_CERTS cannot fix this',
      ];
    default:
      return [
        'is not trusted',
        'if a proxy inspects TLS, or the server has a private CA, set NODE_EXTRA_CA_CERTS to the PEM file of that CA',
      ];
  }
}

/**
 * Returns the reason of a failed connection. Node reports an empty message when a host name has several addresses: the
 * reasons are then those of the attempts. Of OpenSSL's messages, only the reason remains.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, inOpenSsl] = /:SSL routines:[^:]*:([^:]+):/.exec(error.message) ?? [];
  if (inOpenSsl !== undefined) return inOpenSsl;
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reasonOf))].join(', ');
  return 'code' in error ? String(error.code) : error.name;
}
