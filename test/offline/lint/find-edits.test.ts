import { describe, expect, it } from "vitest";
import { applyEdits, findEdits } from "../../../offline/lint/fix/find-edits.ts";
import type { Change } from "../../../offline/lint/model/change.ts";

/** The text after the changes; undefined if one of the changes cannot be written. */
function change(text: string, ...changes: readonly Change[]): string | undefined {
  const edits = findEdits(text, changes);
  return edits && applyEdits(text, edits);
}

const set = (to: string | boolean): Change => ({ kind: "set", path: ["a"], to });
const remove = (index: number): Change => ({ kind: "remove", path: ["a", index] });
const split: Change = { kind: "split", path: ["a", 0], to: ["x", "y"] };
const append: Change = { kind: "append", path: ["a", 0], to: "y" };

describe("a fix writes", () => {
  it.each<[what: string, before: string, change: Change, after: string]>([
    ["a plain text, and keeps the comment", "a:   1m   # why\n", set("30s"), "a:   30s   # why\n"],
    ["in double quotes", 'a: "1m" # why', set("30s"), 'a: "30s" # why'],
    ["in single quotes", "a: '1m'", set("30s"), "a: '30s'"],
    ["quotes that the new text needs", "{ a: /x/:id, b: 1 }", set("/x/{id}"), '{ a: "/x/{id}", b: 1 }'],
    ["quotes around what would be a number", "a: x", set("12"), 'a: "12"'],
    ["a boolean", "a: true # why", set(false), "a: false # why"],
    ["behind an anchor", "a: &x 1m\nb: *x\n", set("30s"), "a: &x 30s\nb: *x\n"],
    ["a key, and keeps its value", "a: {b: 1} # why", { kind: "rename", path: ["a"], to: "c" }, "c: {b: 1} # why"],
    ["JSON", '{"a": ["p", "q"]}', { kind: "append", path: ["a", 1], to: "r" }, '{"a": ["p", "q", "r"]}'],
    ["elements in line", "a: ['p q', r] # why", split, "a: ['x', 'y', r] # why"],
    ["elements on lines", "a:\n    - p q # why\n    - r\n", split, "a:\n    - x\n    - y # why\n    - r\n"],
    ["an element behind another in line", "a: [p]", append, "a: [p, y]"],
    ["an element behind another on lines", "a:\n- p\n- q", append, "a:\n- p\n- y\n- q"],
    ["with Windows line ends", "a:\r\n  - p # why\r\n", append, "a:\r\n  - p\r\n  - y # why\r\n"],
    ["without the first element in line", "a: [p, q]", remove(0), "a: [q]"],
    ["without the last element in line", "a: [p, q] # why", remove(1), "a: [p] # why"],
    [
      "without a map over several lines, and keeps the comment of the next map",
      "a:\n  - b: 1\n    c: 2\n  # why\n  - d: 3\n",
      remove(0),
      "a:\n  # why\n  - d: 3\n",
    ],
    ["without the last map, at the end of the file", "a:\n  - b: 1\n  - d: 3", remove(1), "a:\n  - b: 1\n"],
  ])("%s", (_what, before, wanted, after) => {
    expect(change(before, wanted) ?? before).toBe(after);
  });
});

describe("a fix leaves alone", () => {
  it.each<[what: string, text: string, change: Change]>([
    ["a string over several lines", "a: |\n  1m\n", set("30s")],
    ["an alias", "b: &x 1m\na: *x\n", set("30s")],
    ["what is not there", "b: 1", set("30s")],
    ["the only element of a list", "a: [p]", remove(0)],
    ["an element with a comment in line", "a: [p, # why\n  q]", remove(0)],
    ["a list in a list", "a:\n  - - p\n    - q\n", { kind: "remove", path: ["a", 0, 0] }],
    ["a string that is not YAML", "a: [", set("30s")],
  ])("%s", (_what, text, wanted) => {
    expect(change(text, wanted)).toBeUndefined();
  });

  it("no change of a finding if one of its changes cannot be written", () => {
    expect(change("a: x\nb: |\n  y\n", set("z"), { kind: "set", path: ["b"], to: "z" })).toBeUndefined();
  });
});
