import type { SentRequest } from "./plugin-server.ts";
import type { Protocol } from "./stage.ts";

/**
 * Stages whose expensive inputs one request can have together. With an input of any other stage, the request ends
 * before the next stage.
 */
const TARGETS: readonly string[] = ["query: read without a token", "path: read without dot segments"];
const TOKENS: readonly string[] = ["base64url", "segments", "JOSE header", "claims"];
const COOKIES = "cookies: read without a token";
export const COMBINED: readonly string[] = [...TARGETS, COOKIES, ...TOKENS, "Accept"];

export interface StageRequest {
  readonly name: string;
  readonly protocol: Protocol;
  readonly request: SentRequest;
}

type Room = readonly [target: number, cookies: number];

/** The plugin reads targets and cookies of such lengths, even if the token has 7 kB. */
const READ: readonly Room[] = [
  [8_000, 1_200],
  [4_090, 5_100],
  [2_000, 7_100],
];
/** How many characters of target and cookies a request can have together with a token of 7 kB. Gateways accept more than the plugin reads. */
const ROOMS: Readonly<Record<Protocol, readonly Room[]>> = {
  "HTTP/1.1": [...READ, [8_000, 16_000]],
  "HTTP/2": [...READ, [24_000, 0], [0, 24_000], [12_000, 12_000]],
};

/**
 * Requests that are expensive in several stages at once. Each target is combined with each token, if both fit into the
 * header lines.
 */
export function combineRequests(requests: readonly StageRequest[], protocol: Protocol): readonly SentRequest[] {
  const find = (names: readonly string[]): readonly SentRequest[] =>
    requests.filter((one) => one.protocol === protocol && names.includes(one.name)).map(({ request }) => request);
  const headers = Object.assign({}, ...find([COOKIES, "Accept"]).map((request) => request.headers));
  return ROOMS[protocol].flatMap(([targetRoom, cookieRoom]) =>
    find(TARGETS).flatMap(({ target = "/" }) =>
      find(TOKENS).map((request) => ({
        ...request,
        target: target.slice(0, Math.max(1, targetRoom)),
        headers: { ...headers, cookie: headers.cookie?.slice(0, cookieRoom) ?? "" },
      })),
    ),
  );
}
