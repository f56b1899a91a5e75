/** At most 20 connections from one address at TMDB's CDN; more are refused. */
export const MAX_CONNECTIONS = 20;

/**
 * The part of its share that a pacer leaves free. A server counts what arrives, and wires, clocks and garbage
 * collections squeeze together what was sent apart: a fleet that sends exactly what is permitted is refused now
 * and then, and a 429 costs it a second.
 */
export const PACE_MARGIN = 0.015;
