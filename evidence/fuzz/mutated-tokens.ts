import { parseArgs } from "node:util";
import { tryMutatedTokens } from "./mutate/try-mutated-tokens.ts";

// `npm run test:mutated-tokens` judges mutated tokens. The default is a million tokens. The plugin must refuse each of
// these tokens.

const { values } = parseArgs({
  options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const start = performance.now();
const { rows, unexpected, distinct } = await tryMutatedTokens(Number(values.count), Number(values.seed));

console.log(
  "| change of the token | tokens | refused, by reason | the same signed text | signed again and valid |\n|---|---|---|---|---|",
);
for (const { name, tokens, reasons, same, right } of rows) {
  const sorted = [...reasons].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} ${count}`);
  console.log(`| ${name} | ${tokens} | ${sorted.join(", ")} | ${same} | ${right} |`);
}
const sum = (key: "tokens" | "same" | "right"): number => rows.reduce((total, row) => total + row[key], 0);
const seconds = (performance.now() - start) / 1000;
console.log(
  `\n${sum("tokens")} tokens (seed ${values.seed}, Node ${process.version}, ${seconds.toFixed(0)} s), ${distinct} of them distinct: ` +
    `${sum("same")} are the same signed text, ${sum("right")} were signed again and are valid, all others were refused; ` +
    `${unexpected.length} unexpected`,
);
for (const { name, why, token } of unexpected.slice(0, 20)) {
  console.log(`UNEXPECTED ${name}: ${why}\n  ${token}`);
}
process.exitCode = unexpected.length === 0 ? 0 : 1;
