import fc from "fast-check";
import { expect, it } from "vitest";
import { readExactYaml } from "../../plugin/policy/read/read-document.ts";
import { readPlainYaml } from "../../plugin/policy/yaml/read-plain-yaml.ts";
import { policyTexts } from "../policy-texts.ts";
import { runsOf } from "../runs.ts";

/** Pieces of YAML. Together, they are sometimes a document, and often nearly a document. */
const PIECES = [
  ...["a", "é", "b: ", "c: ", '"x": ', "'y': ", "x:y", ": ", ":", "? ", "- ", "-", "- - ", "- k: v", "a: b", "z: q"],
  ...["[", "]", "{", "}", ", ", ",", "k: [x, y]", "{a: b}", "'", '"', "''", '""', "\\n", "\\", " #", "#"],
  ...["~", "null", "true", "0", "1", "-1", "+1", "1.5", "0x1", "1e3", ".inf", "012", "1_000", "yes"],
  ...["|", ">", "|-", ">+", "|2", "|\n  x", ">-\n    t\n     u\n   v", "@", "`", "%", "!", "!t ", "&a ", "*a", "<<: "],
  ...[
    " ",
    "  ",
    "\t",
    "\n",
    "\n",
    "\n ",
    "\n  ",
    "\n  ",
    "\n    ",
    "\n\n",
    "\n- ",
    "\n  - ",
    "\r\n",
    "\n---\n",
    "\n...",
  ],
];
const pieces = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 14 }).map((all) => all.join(""));

/** Some lines of a policy, damaged in a few places. */
const damaged = fc
  .record({
    text: fc.constantFrom(...policyTexts()),
    from: fc.nat(),
    length: fc.integer({ min: 1, max: 12 }),
    changes: fc.array(fc.record({ at: fc.nat(), cut: fc.nat({ max: 3 }), piece: fc.constantFrom("", "", ...PIECES) }), {
      maxLength: 3,
    }),
  })
  .map(({ text, from, length, changes }) => {
    const lines = text.split("\n");
    const begin = from % lines.length;
    return changes.reduce(
      (kept, { at, cut, piece }) => {
        const index = at % (kept.length + 1);
        return kept.slice(0, index) + piece + kept.slice(index + cut);
      },
      `${lines.slice(begin, begin + length).join("\n")}\n`,
    );
  });

it("the exact parser reads the same data, in the same order, from each text that the fast parser reads", () => {
  let plain = 0;
  const runs = runsOf(50_000);
  fc.assert(
    fc.property(fc.oneof(pieces, damaged), (text) => {
      const data = readPlainYaml(text);
      if (data !== undefined) {
        plain += 1;
        const exact = readExactYaml(text);
        expect(exact.ok ? JSON.stringify(exact.value.data) : exact.failure.findings).toBe(JSON.stringify(data));
      }
    }),
    { numRuns: runs },
  );
  expect(plain).toBeGreaterThan(runs / 20);
});
