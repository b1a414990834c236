/**
 * Faults in which kong-pdk's plugin server loses valid requests and ours loses none. kong-pdk's server queues at most
 * 511 connections, and ends immediately on SIGTERM. A new process removes the socket's file before it listens.
 */
export const STOCK_LOSES = ["stall", "rolling-restart", "reload-often"] as const;
