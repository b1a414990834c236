import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import type { Random } from "../../../test/random.ts";
import { mutateText, splice } from "./mutate-text.ts";

/** Changes of policy documents in three forms: as text, line by line, and as data that is written again. */

type Data = null | boolean | number | string | Data[] | { [key: string]: Data };

/** Longer documents only take time, because a document of this length can have every construct. */
const MAX_LENGTH = 6_000;

/** Every word that the format knows. */
const WORDS: readonly string[] = [
  ...new Set(readFileSync("schema/policy.schema.json", "utf8").match(/(?<=")[A-Za-z0-9_+-]{2,30}(?=")/g)),
];
// Texts that YAML, or some readers of YAML, do not read as strings.
const YAML_PIECES = [
  ...["&a ", "*a", "<<: *a", "!!binary ", "!x ", "? ", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! x\n", "|\n  "],
  ...[">-\n  ", "#"],
  ...["\t", "\ufeff", "\u2028", "\u0085", "\r\n", "'", '"', "{", "[", "- ", ": ", "~", "null", "yes", "0o7"],
  ...["1e3", ".inf", "2026-11-30"],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "{}",
    "[]",
    "[[[[[[[[",
    "{a: {a: {a: ",
    "\ud800",
    "\u0000",
    "0".repeat(300),
  ],
];
const VALUES: readonly Data[] = [
  ...[null, true, false, 0, -1, 1, 255, 256, 16_384, 16_385, Number.POSITIVE_INFINITY, 0.5, "", "0s", "5m"],
  ...["301s", "1e3s", "999999999d", [], {}],
  ...[
    "acme",
    "partner",
    "https://x.example",
    "http://127.0.0.1:1",
    "http://x.example",
    "https://a@x.example",
    "/a/{b}",
  ],
  ...["/a/../b", "/{a}/{a}", "/%2f", "/a/{b}/", "X-User-Id", "x-a-b-c-d-e", "authorization", "/~", "/~2", "x\ny"],
  "RS256",
  ...["RSA", "EC", "OKP", "oct", "P-256", "sig", "enc", "AQAB", "AQ", "__proto__", "read", 'a"b', "a b"],
];

type PolicyMutator = (text: string, random: Random, others: readonly string[]) => string;

const MUTATORS: readonly PolicyMutator[] = [
  (text, random) => mutateText(text, random, YAML_PIECES),
  (text, random) => mutateText(text, random, WORDS),
  mutateLines,
  (text, random, others) => {
    const other = random.pick(others);
    const at = random.below(other.length);
    return splice(text, random.below(text.length + 1), 0, other.slice(at, at + 1 + random.below(200)));
  },
  mutateData,
  mutateData,
  mutateData,
];

export function mutatePolicy(text: string, random: Random, others: readonly string[]): string {
  let mutated = text;
  for (let changes = random.pick([1, 1, 2, 4]); changes > 0; changes -= 1) {
    mutated = random.pick(MUTATORS)(mutated, random, others);
  }
  return mutated.slice(0, MAX_LENGTH);
}

function mutateLines(text: string, random: Random, others: readonly string[]): string {
  const lines = text.split("\n");
  const at = random.below(lines.length);
  const line = lines[at] ?? "";
  const other = random.pick(random.pick(others).split("\n"));
  const replacement = random.pick([
    [],
    [line, line],
    [` ${line}`],
    [`  ${line}`],
    [line.slice(1)],
    [other],
    [line, other],
  ]);
  return lines.toSpliced(at, 1, ...replacement).join("\n");
}

/**
 * Changes one value somewhere inside, and writes the whole policy as JSON or YAML. A string that is not YAML or JSON is
 * changed as plain text.
 */
function mutateData(text: string, random: Random, others: readonly string[]): string {
  const data = readData(text);
  const donor = readData(random.pick(others));
  if (data === undefined) {
    return mutateText(text, random, YAML_PIECES);
  }
  const changed = changeSomewhere(
    data,
    random,
    random.oneIn(3) && donor !== undefined ? pickInside(donor, random) : undefined,
  );
  return random.oneIn(2) ? JSON.stringify(changed) : stringify(changed, random.pick([{}, { collectionStyle: "flow" }]));
}

function readData(text: string): Data | undefined {
  try {
    return parse(text, { maxAliasCount: 100, logLevel: "silent" });
  } catch {
    return undefined;
  }
}

const isNested = (data: Data | undefined): data is Data[] | { [key: string]: Data } =>
  typeof data === "object" && data !== null && Object.keys(data).length > 0;

function pickInside(data: Data, random: Random): Data {
  const inside = isNested(data) && !random.oneIn(4) ? random.pick(Object.values(data)) : undefined;
  return inside === undefined ? data : pickInside(inside, random);
}

function changeSomewhere(data: Data, random: Random, donated: Data | undefined): Data {
  if (!isNested(data)) {
    return donated ?? random.pick([...VALUES, random.pick(WORDS)]);
  }
  const entries: [string, Data][] = Object.entries(data);
  const at = random.below(entries.length);
  const [key, value] = entries[at] as [string, Data];
  const changed = ((): [string, Data][] => {
    switch (random.below(8)) {
      case 0:
        return [];
      case 1:
        return [
          [key, value],
          [random.pick(WORDS), donated ?? random.pick(VALUES)],
        ];
      case 2:
        return [[random.pick([...WORDS, "__proto__", "1", "x-a"]), value]];
      case 3:
        return [[key, donated ?? random.pick(VALUES)]];
      default:
        return [[key, changeSomewhere(value, random, donated)]];
    }
  })();
  const all = entries.toSpliced(at, 1, ...changed);
  return Array.isArray(data) ? all.map(([, item]) => item) : Object.fromEntries(all);
}
