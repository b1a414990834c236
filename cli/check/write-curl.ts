import type { Sender } from "../../offline/compare/cells/compare-cell.ts";
import { listComparedHeaders, type PlacedExample, placeExample } from "../../offline/compare/place-example.ts";
import { writeTimes } from "../../offline/tokens/times.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { toPrintableJson } from "../../plugin/core/text/printable.ts";
import { findIssuer } from "../../plugin/core/token/find-key.ts";
import { quoteWord } from "../../sandbox/message/shell-word.ts";
import { NOW_SECONDS } from "../diff/compare-versions.ts";
import type { FoundChange } from "../diff/policies/compare-files.ts";
import { type FindRequest, SANDBOX_PORT } from "./find-route.ts";

/** An example of a change as a shell command, or the reason why the example has no command. */
export type CurlExample =
  | { readonly command: string; readonly issuers: readonly string[] }
  | { readonly reason: string };

const COMMAND = "npx --no-install kong-jwt-policy";
/** If a URL contains these characters, curl treats the URL as a pattern for several URLs. */
const CURL_PATTERN = /[[\]{}]/;
/**
 * A placeholder for the token. The code first quotes all words of the command, and then replaces the placeholder by the
 * token. No file contains the placeholder, because it is not printable.
 */
const TOKEN = "\u0000";

/**
 * Writes the example of a change as a curl command. The command is for a sandbox, which replaces the keys of the token's
 * issuer.
 *
 * @param findRequest finds a request that reaches a rule; undefined if no kong.yml is known.
 */
export function writeCurl({ change, path, policy }: FoundChange, findRequest: FindRequest | undefined): CurlExample {
  const { example } = change;
  if (change.class === "routing") {
    return {
      reason: "The two versions of kong.yml route this request differently: start one sandbox with each version.",
    };
  }
  if (!example || !policy) {
    return { reason: "No single request shows this change." };
  }
  const { cell, sender, transport } = example;
  if (transport === "plain") {
    return {
      reason:
        "The sandbox treats all requests from this machine as secure, so it cannot show a request over plain http.",
    };
  }
  if (sender.sends !== "preflight" && sender.isKnownToKong) {
    return { reason: "The sandbox has no other authentication plugin, so it cannot show this request." };
  }
  const mint = sender.sends === "token" ? writeMint(path, policy, sender.token) : undefined;
  if (sender.sends === "token" && mint === undefined) {
    return { reason: "The new policy does not have the issuer of this token, so no sandbox accepts it." };
  }
  const routed = findRequest?.(path, policy, cell);
  const request = routed ?? { method: cell.method, path: cell.path, headers: [] };
  const compared = [...listComparedHeaders(policy)].filter(([name]) => request.headers.every(([own]) => own !== name));
  const headers = new Map([...request.headers, ...compared]);
  const placed = placeExample(sender, policy, { ...request, headers }, TOKEN);
  const hint = routed ? [] : [`# Replace ${quoteWord(request.path)} by a path of the Kong Route that uses this rule.`];
  const line = writeLine(placed, mint?.command);
  return { command: [...hint, line].join("\n"), issuers: mint?.issuers ?? [] };
}

function writeLine({ method, target, headers }: PlacedExample, mint: string | undefined): string {
  const expand = mint === undefined ? undefined : { text: TOKEN, as: `$(${mint})` };
  const options = [
    ...(CURL_PATTERN.test(target) ? ["-g"] : []),
    ...(method === "GET" ? [] : method === "HEAD" ? ["-I"] : [`-X ${quoteWord(method)}`]),
    ...[...headers].map(([name, value]) => `-H ${quoteWord(`${capitalize(name)}: ${value}`, expand)}`),
  ];
  return ["curl -i", ...options, quoteWord(`http://127.0.0.1:${SANDBOX_PORT}${target}`, expand)].join(" ");
}

/** Writes `authorization` with a capital letter, as most people write this header field. */
function capitalize(name: string): string {
  return name === "authorization" ? "Authorization" : name;
}

type Token = Extract<Sender, { sends: "token" }>["token"];

/** The command that makes the token; undefined if the token cannot come from an issuer of the new policy. */
function writeMint(
  path: string,
  policy: CompiledPolicy,
  { alg, typ, claims }: Token,
): { readonly command: string; readonly issuers: readonly string[] } | undefined {
  // An issuer may have several entries, one for each kind of token.
  const known = findIssuer(policy, String(claims.iss))?.issuer;
  const entries = listIssuers(policy).filter(({ issuer }) => issuer === known);
  const issuer = entries.find(({ algorithms }) => algorithms.has(alg));
  if (!issuer) {
    return undefined;
  }
  const words = [
    path.startsWith("-") ? `./${path}` : path,
    `--issuer=${issuer.id}`,
    `--alg=${alg}`,
    typ === undefined ? "--no-typ" : `--typ=${typ}`,
    `--exact-claims=${toPrintableJson(writeTimes(claims, NOW_SECONDS))}`,
  ];
  return {
    command: `${COMMAND} mint ${words.map((word) => quoteWord(word)).join(" ")}`,
    issuers: entries.map(({ id }) => id),
  };
}
