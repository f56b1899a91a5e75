/** The maximum number of connections: TMDB's CDN refuses more than 20 from one IP address. */
export const MAX_CONNECTIONS = 20;

/**
 * The fraction of its rate that a pacer leaves unused. TMDB counts requests as they arrive, and network jitter, clock
 * drift and garbage collection move them closer together than they were sent. A fleet that sent at exactly the permitted
 * rate would be throttled now and then, and each 429 costs a second.
 */
export const PACE_MARGIN = 0.015;
