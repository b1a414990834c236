import { CHECK_LISTS } from "./check-lists/all.ts";
import { type CheckList, type Coverage, readPositions } from "./check-lists/check-list.ts";
import { HEADINGS, rowOf, type VectorFigures } from "./figures.ts";
import { DISAGREEMENTS } from "./sources/disagreements.ts";

const HEAD = `<!-- Written by \`VECTORS_RESULTS=1 npm run test:vectors\`; do not edit. -->
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
  ["Kong/kong @ 22246ef28c16", "Apache-2.0", "keys of the tests of its `jwt` plugin; titles as a check-list"],
  ["istio/istio @ 86c9f01fd735", "Apache-2.0", "integration tests of request authentication"],
  ["krakend/krakend-jose @ aa239098bb26", "Apache-2.0", "matchers of roles and scopes"],
  ["awslabs/aws-jwt-verify @ a7fce8e16129", "Apache-2.0", "titles as a check-list"],
  ["panva/jose @ afbc664914bb", "MIT", "titles as a check-list"],
];

/** docs/vectors.md. */
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
    "## Check-lists\n",
    "Tests of others as a list of what to test, one by one: evidence/vectors/check-lists says which of our tests covers each, or why none does.\n",
    table(["source", "tests there", "covered by a test here", "not applicable"], CHECK_LISTS.map(checkListRow)),
    table(["source", "not applicable", "tests there"], CHECK_LISTS.flatMap(uncoveredRows)),
    "## Sources\n",
    table(["repository", "licence", "what"], ORIGINS),
  ].join("\n");
}

/** Each title's coverage. */
function coveragesOf({ files }: CheckList): Coverage[] {
  const rows = Object.values(files).flat();
  return rows.flatMap(([positions, coverage]) => readPositions(positions).map(() => coverage));
}

function checkListRow(list: CheckList): string[] {
  const coverages = coveragesOf(list);
  const count = (kind: string): string => String(coverages.filter((coverage) => kind in coverage).length);
  return [list.source, String(coverages.length), count("sentence"), count("notApplicable")];
}

function uncoveredRows(list: CheckList): string[][] {
  const counts = new Map<string, number>();
  for (const coverage of coveragesOf(list)) {
    if ("notApplicable" in coverage) {
      const { notApplicable } = coverage;
      counts.set(notApplicable, (counts.get(notApplicable) ?? 0) + 1);
    }
  }
  return [...counts].map(([text, count]) => [list.source, text, String(count)]);
}

const code = (text: string): string => `\`${text}\``;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("");
}
