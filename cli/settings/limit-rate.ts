import { InvalidArgumentError } from "commander";

/** A client's requests above the rate wait at most this many seconds. nginx rejects requests that would wait longer. */
const MAX_WAIT_SECONDS = 5;
const ZONE = "jwt_policy_clients";
const MAX_RATE = 100_000;

/** Parses the number of requests a second. */
export function parseRate(text: string): number {
  const rate = Number(text);
  if (!/^[1-9]\d*$/.test(text) || rate > MAX_RATE) {
    throw new InvalidArgumentError(`The value must be a whole number of requests a second, from 1 to ${MAX_RATE}.`);
  }
  return rate;
}

/**
 * Settings that limit each client address to `rate` requests a second, before any plugin runs. nginx delays further
 * requests of the address. A client that waits for an answer cannot send its next request on the same connection. If
 * nginx rejected these requests immediately, the client could immediately send more requests, and Kong's worker would
 * have to read all of them.
 *
 * @param rate requests a second of one client address.
 */
export function limitRate(rate: number): Readonly<Record<string, string>> {
  return {
    KONG_NGINX_HTTP_LIMIT_REQ_ZONE: `$binary_remote_addr zone=${ZONE}:10m rate=${rate}r/s`,
    KONG_NGINX_PROXY_LIMIT_REQ: `zone=${ZONE} burst=${rate * MAX_WAIT_SECONDS}`,
    KONG_NGINX_PROXY_LIMIT_REQ_STATUS: "429",
    // At a higher level, nginx would write a line about each request of a flood.
    KONG_NGINX_PROXY_LIMIT_REQ_LOG_LEVEL: "info",
  };
}
