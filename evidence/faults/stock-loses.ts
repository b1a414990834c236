/**
 * Faults in which kong-pdk's plugin server loses valid requests and ours does not: it queues 511 connections at most, ends at
 * once on SIGTERM, and a new one takes the socket's file away before it listens.
 */
export const STOCK_LOSES = ["stall", "rolling-restart", "reload-often"] as const;
