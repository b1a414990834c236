import { cpus } from "node:os";
import { decide } from "../../plugin/core/decide.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { rememberVerified } from "../../plugin/runtime/verified-tokens.ts";
import { compileDocument, NOW, policyDocument, requestOf } from "../../test/core/fixtures.ts";
import { noFiles } from "../../test/keys/store/no-files.ts";
import { silentLog } from "../../test/logs.ts";
import { issuerOf, mintSorts } from "./refused-tokens.ts";

// `npm run bench:refusals`: the cost of refusing the most expensive tokens, compared with a good token, in one process and for the whole decision.
// The rounds are interleaved and each compares with its own good tokens.

const ROUNDS = Number(process.env.REFUSALS_ROUNDS ?? 25);
/** Decisions per sort and round. */
const DECISIONS = 40;

const { jwks, sorts, good } = mintSorts(DECISIONS);
const policy = compileDocument(policyDocument(issuerOf(jwks)));
const keySource = createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });
const warm = rememberVerified(keySource);
const figures = new Map<string, { readonly micros: number[]; readonly ratios: number[] }>();

for (const { name, token, reason } of sorts) {
  const decision = await decide(requestOf(token), policy, warm, () => NOW);
  if (decision.verdict === "allow" || decision.denial.reason !== reason) {
    throw new Error(`${name}: ${decision.verdict === "allow" ? "allowed" : JSON.stringify(decision.denial)}`);
  }
}
for (let round = 0; round <= ROUNDS; round += 1) {
  const isKept = round > 0; // The first round warms up.
  const first = await measure(good, rememberVerified(keySource));
  const kept = (name: string, micros: number): void => {
    const figure = figures.get(name) ?? { micros: [], ratios: [] };
    figures.set(name, figure);
    if (isKept) {
      figure.micros.push(micros);
      figure.ratios.push(micros / first);
    }
  };
  kept("**a good RS256 token, seen for the first time**", first);
  await measure(good, warm);
  kept("**a good RS256 token, seen before**", await measure(good, warm));
  for (const { name, token } of sorts) {
    kept(name, await measure(Array(DECISIONS).fill(token), warm));
  }
}

console.log(
  `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model}), medians of ${ROUNDS} rounds\n`,
);
console.log("| token | microseconds of processor time | as a multiple of the first row |\n|---|---|---|");
for (const [name, { micros, ratios }] of figures) {
  console.log(`| ${name} | ${median(micros).toFixed(0)} | ${median(ratios).toFixed(2)} |`);
}

/**
 * Microseconds of processor time per decision, with the threads of the pool. The figure does not depend on other work
 * on the machine.
 */
async function measure(tokens: readonly (string | undefined)[], keys: KeySource): Promise<number> {
  const start = process.cpuUsage();
  for (const token of tokens) {
    await decide(requestOf(token), policy, keys, () => NOW);
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / tokens.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
