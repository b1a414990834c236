import type { MutatedFile } from "./mutant.ts";

/** How a request came, and what passes without a token because of what it is. */
export const WAY_IN: readonly MutatedFile[] = [
  {
    file: "plugin/core/request/match.ts",
    killers: ["test/core/request/match.test.ts"],
    mutants: [
      {
        name: "plain HTTP is as good as TLS",
        find: ' || facts.transport !== "plain"',
        replace: ' || facts.transport !== "none"',
      },
      { name: "what a rule says of HTTP does not count", find: "match.value.requirements.allowsHttp || ", replace: "" },
      {
        name: "every rule lets preflights pass",
        find: "(isPreflight && requirements.passesPreflight)",
        replace: "isPreflight",
      },
      {
        name: "every operation lets preflights pass",
        find: "if (asked?.passesPreflight) {",
        replace: "if (asked) {",
      },
      {
        name: "an operation for OPTIONS does not count",
        find: "return found(own, segments, false);",
        replace: "return found(own, segments, true);",
      },
    ],
  },
  {
    file: "plugin/core/request/preflight.ts",
    killers: ["test/core/request/match.test.ts"],
    mutants: [
      { name: "any method asks for a preflight", find: 'requestLine?.method === "OPTIONS" && ', replace: "" },
      { name: "no origin is needed", find: 'headers.has("origin") && ', replace: "" },
      { name: "credentials do not matter", find: " && authorization === undefined && isBare", replace: "" },
    ],
  },
  {
    file: "plugin/kong/facts/read-transport.ts",
    killers: ["test/kong/facts/read-transport.test.ts"],
    mutants: [
      {
        name: "any client may say that it came over TLS",
        find: 'peer !== client || (await pdk.request.getForwardedScheme()) === "https" ? "tls" : "plain"',
        replace: '"tls"',
      },
      {
        name: "a trusted proxy need not say so",
        find: 'if (headers.get("x-forwarded-proto")?.toLowerCase() !== "https") {',
        replace: "if (false) {",
      },
      {
        name: "the client's word for its address is this machine",
        find: "LOOPBACK.test(peer)",
        replace: "LOOPBACK.test(client)",
      },
      { name: "the whole network is this machine", find: "if (LOOPBACK.test(peer)) {", replace: "if (true) {" },
      { name: "every address that begins like loopback's is it", find: "::1$|", replace: "::1|" },
    ],
  },
];
