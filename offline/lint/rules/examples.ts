import type { Example } from "../model/rule.ts";

/** The parts that examples leave out. */
export const SHARED: Readonly<Record<string, string>> = {
  jwt_policy: "jwt_policy: 1\n",
  name: "name: orders\n",
  issuers: "issuers:\n  acme:\n    issuer: https://idp.example.com\n    audiences: [https://orders.example.com]\n",
  routes: "routes:\n  read:\n    required_scopes: [orders:read]\n",
};

/** Adds, before the policy of an example, the shared parts that this policy lacks. */
export function completePolicy(policy: string): string {
  const own = new Set([...policy.matchAll(/^(\w+):/gm)].map(([, key]) => key));
  const missing = Object.entries(SHARED).flatMap(([key, text]) => (own.has(key) ? [] : [text]));
  return `${missing.join("")}${policy}`;
}

/** An example with members of the issuer `acme`. */
export function issuer(members: string, uri = "https://idp.example.com"): Example {
  const lines = members.trim().split("\n");
  const audiences = lines.some((line) => line.startsWith("audiences:"))
    ? []
    : ["audiences: [https://orders.example.com]"];
  const all = [`issuer: ${uri}`, ...audiences, ...lines];
  return { policy: `issuers:\n  acme:\n${all.map((line) => `    ${line}\n`).join("")}` };
}

/** An example with members of the rule `read`. */
export function rule(members: string): Example {
  const lines = members.trim().split("\n");
  return { policy: `routes:\n  read:\n${lines.map((line) => `    ${line}\n`).join("")}` };
}

/** An example with other parts of a policy. */
export function policy(text: string): Example {
  return { policy: text };
}
