/** The maximum number of connections: TMDB's CDN refuses more than 20 from one IP address. */
export const MAX_CONNECTIONS = 20;

/**
 * The maximum size of a response, decompressed. Documents of 50 MB are fine; a larger response is an error of TMDB or of a
 * proxy, and must not use up the memory of a process with {@link MAX_CONNECTIONS} requests in flight.
 */
export const MAX_BODY_BYTES = 128_000_000;

/**
 * The fraction of its rate that a pacer leaves unused. TMDB counts requests as they arrive, and network jitter, clock
 * drift and garbage collection move them closer together than they were sent. A fleet that sent at exactly the permitted
 * rate would be throttled now and then, and each 429 slows it down.
 */
export const PACE_MARGIN = 0.015;
