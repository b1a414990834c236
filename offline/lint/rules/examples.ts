import type { Example } from "../model/rule.ts";

/** The parts of a policy that examples omit. */
export const SHARED: Readonly<Record<string, string>> = {
  jwt_policy: "jwt_policy: 1\n",
  name: "name: orders\n",
  issuers: "issuers:\n  acme:\n    issuer: https://idp.example.com\n    audiences: [https://orders.example.com]\n",
  routes: "routes:\n  read:\n    required_scopes: [orders:read]\n",
};

/** If the policy of an example lacks some of the shared parts, the function adds these parts before the policy. */
export function completePolicy(policy: string): string {
  const own = new Set([...policy.matchAll(/^(\w+):/gm)].map(([, key]) => key));
  const missing = Object.entries(SHARED).flatMap(([key, text]) => (own.has(key) ? [] : [text]));
  return `${missing.join("")}${policy}`;
}

/** Creates an example from settings of the issuer `acme`. */
export function issuer(members: string, uri = "https://idp.example.com"): Example {
  const lines = members.trim().split("\n");
  const audiences = lines.some((line) => line.startsWith("audiences:"))
    ? []
    : ["audiences: [https://orders.example.com]"];
  const all = [`issuer: ${uri}`, ...audiences, ...lines];
  return { policy: `issuers:\n  acme:\n${all.map((line) => `    ${line}\n`).join("")}` };
}

/** Creates an example from settings of the rule `read`. */
export function rule(members: string): Example {
  const lines = members.trim().split("\n");
  return { policy: `routes:\n  read:\n${lines.map((line) => `    ${line}\n`).join("")}` };
}

/** Creates an example from other parts of a policy. */
export function policy(text: string): Example {
  return { policy: text };
}
