import { HEADINGS, rowOf, type VectorFigures } from "./figures.ts";
import { DISAGREEMENTS } from "./sources/disagreements.ts";

const HEAD = `<!-- Written by \`RESULTS=1 npm run test:vectors\`; do not edit. -->
# Public test vectors

Tokens, keys and requests that others published, judged by this plugin. \`npm run test:vectors\` judges them and prints this table; the
vectors are not part of this repository, \`JWT_VECTORS\` names the folder (default \`../shared/vectors\`).

Each refusal is checked for its reason: which stage refused it, and why. Signatures are judged by header, key and signature as in a request,
with any payload; requests take the whole way, from a policy document to the decision. JWE count as to be refused: they are not supported,
valid or not. So do six of Wycheproof's valid JWS that break a rule: #372 and #373 have a character outside base64url, in #346 and #350 the
key is for another algorithm than the token, in #347 and #351 for one that does not exist.
`;

/** Where the vectors come from. */
const ORIGINS: readonly (readonly string[])[] = [
  ["C2SP/wycheproof @ dac1dd4729fd", "Apache-2.0", "signatures, keys, encryption"],
  ["ietf-jose/cookbook @ 13692b68bfc1", "Unlicense", "the examples of RFC 7520, 7797 and 8037"],
  ["RFC 7515, 7516, 7519, as in latchset/jwcrypto @ eb7c266d18d1", "–", "the examples of their appendices"],
  ["jpadilla/pyjwt @ dcc27a9d3182", "MIT", "the tokens of CVE-2022-29217"],
  ["Kong/kong @ 22246ef28c16", "Apache-2.0", "keys and scenarios of the tests of its `jwt` plugin"],
  ["istio/istio @ 86c9f01fd735", "Apache-2.0", "integration tests of request authentication"],
  ["krakend/krakend-jose @ aa239098bb26", "Apache-2.0", "matchers of roles and scopes"],
];

/** docs/evidence/vectors.md. */
export function renderVectors(all: readonly VectorFigures[]): string {
  const disagreements = DISAGREEMENTS.map(({ source, ids, found, why }) => [
    source,
    ids.map(code).join(", "),
    code(found),
    why,
  ]);
  return [
    HEAD,
    table(HEADINGS, all.map(rowOf)),
    "## Disagreements\n",
    "What we do on purpose and the source does not expect.\n",
    table(["source", "vectors", "here", "why"], disagreements),
    "## Sources\n",
    table(["repository", "licence", "what"], ORIGINS),
  ].join("\n");
}

const code = (text: string): string => `\`${text}\``;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("");
}
