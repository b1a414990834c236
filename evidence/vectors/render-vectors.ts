import { HEADINGS } from "./figures.ts";
import { DISAGREEMENTS } from "./sources/disagreements.ts";

const HEAD = `<!-- Written by \`RESULTS=1 npm run test:vectors\`; do not edit. -->
# Public test vectors

Other projects published tokens, keys and requests as test vectors. \`npm run test:vectors\` lets the plugin judge these vectors, and prints the
results as a table. The vectors are not part of this repository. \`JWT_VECTORS\` names their folder (default \`../shared/vectors\`).

For each refusal, the test checks which stage refused the vector, and for which reason. In rows about *signatures*, the plugin checks only the header,
the key and the signature of a vector, and accepts any payload. In rows about *requests*, the plugin compiles a policy and makes the whole decision.
The plugin does not support JWE, so it must refuse every JWE, whether it is valid or not. Wycheproof calls six vectors valid, but they break a rule. So
the plugin must refuse these vectors too. The vectors #372 and #373 have a character outside base64url. In #346 and #350, the key is for a different
algorithm than the token. In #347 and #351, the key is for an algorithm that does not exist.
`;

/** Where the vectors come from. */
const ORIGINS: readonly (readonly string[])[] = [
  ["C2SP/wycheproof @ dac1dd4729fd", "Apache-2.0", "signatures, keys, encryption"],
  ["ietf-jose/cookbook @ 13692b68bfc1", "Unlicense", "the examples of RFC 7520, 7797 and 8037"],
  ["RFC 7515, 7516, 7519, as in latchset/jwcrypto @ eb7c266d18d1", "–", "the examples in the appendices of these RFCs"],
  ["jpadilla/pyjwt @ dcc27a9d3182", "MIT", "the tokens of CVE-2022-29217"],
  ["Kong/kong @ 22246ef28c16", "Apache-2.0", "keys and scenarios from the tests of Kong's `jwt` plugin"],
  ["istio/istio @ 86c9f01fd735", "Apache-2.0", "Istio's integration tests of request authentication"],
  ["krakend/krakend-jose @ aa239098bb26", "Apache-2.0", "tests of KrakenD's matchers of roles and scopes"],
];

/** docs/evidence/vectors.md, with one row of figures for each source of vectors. */
export function renderVectors(rows: readonly (readonly string[])[]): string {
  const disagreements = DISAGREEMENTS.map(({ source, ids, found, why }) => [
    source,
    ids.map(code).join(", "),
    code(found),
    why,
  ]);
  return [
    HEAD,
    table(HEADINGS, rows),
    "## Disagreements\n",
    "For each of these vectors, the source of the vector expects a different result. The plugin differs intentionally.\n",
    table(["source", "vectors", "result of the plugin", "why"], disagreements),
    "## Sources\n",
    table(["repository", "licence", "content of the vectors"], ORIGINS),
  ].join("\n");
}

const code = (text: string): string => `\`${text}\``;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("");
}
