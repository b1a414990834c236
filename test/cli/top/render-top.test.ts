import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { renderScreen } from "../../../cli/top/render-top.ts";
import { describeServers, type Overview } from "../../../plugin/server/view/overview.ts";
import { RateWindow } from "../../../plugin/server/view/rate-window.ts";
import { readStatusDocument } from "../../../plugin/server/view/status-document.ts";
import { statusAt } from "../../server/view/status-fixture.ts";

const PLAIN = pc.createColors(false);
const KEYS = "q: quit";

function overviewOf(changes: object): Overview {
  const document = readStatusDocument(statusAt(0, { expired: 1 }, changes));
  if (document === undefined) {
    throw new Error("the fixture is not a status");
  }
  const reading = { name: "a:1", document, rates: new RateWindow().measure(document) };
  return describeServers([reading], { by: "all", isHashWhole: false });
}

const [rejection] = statusAt(0, { expired: 1 }).rejections;
const MANY = overviewOf({
  rejections: Array.from({ length: 100 }, (_, index) => ({ ...rejection, rule: `rule-${index}` })),
});

describe("the screen of top", () => {
  it.each([1, 2, 5, 10, 17, 24, 40, 60, 200])("has at most %d lines, and the keys in the last line", (height) => {
    const lines = renderScreen(MANY, [], { height, width: 200, keys: KEYS }, PLAIN);
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(lines.at(-1)).toBe(KEYS);
  });

  it.each([
    [200, 2],
    [120, 3],
    [80, 6],
  ])("%d columns wide has its figures in %d lines", (width, count) => {
    const lines = renderScreen(MANY, [], { height: 60, width, keys: KEYS }, PLAIN);
    expect(lines.findIndex((line) => line.startsWith("Rejections")) - 3).toBe(count);
    expect(lines.slice(2, 2 + count).every((line) => line.length <= width)).toBe(true);
  });

  it("says how many rows do not fit, and shortens the longest table first", () => {
    const lines = renderScreen(MANY, [], { height: 30, width: 200, keys: KEYS }, PLAIN);
    expect(lines.find((line) => line.startsWith("Rejections"))).toMatch(/^Rejections \(\d of 100\)/);
    expect(lines.some((line) => line.startsWith("Issuers and keys  "))).toBe(true);
    expect(lines.some((line) => line.startsWith("payments  in effect"))).toBe(true);
  });

  it("shows why a server does not answer, also if none answers", () => {
    expect(renderScreen(undefined, ["a:1 \u001b[31m"], { height: 24, width: 200, keys: KEYS }, PLAIN)).toEqual([
      "a:1 \\u{1b}[31m",
      KEYS,
    ]);
    expect(renderScreen(MANY, ["b:1 is gone"], { height: 24, width: 200, keys: KEYS }, PLAIN)).toContain("b:1 is gone");
  });

  it("shows problems in red, and the text says the same without colours", () => {
    const failing = overviewOf({ keys: [{ ...statusAt(0, {}).keys[0], state: "too_old" }] });
    const colours = renderScreen(failing, [], { height: 40, width: 200, keys: KEYS }, pc.createColors(true)).join("\n");
    const plain = renderScreen(failing, [], { height: 40, width: 200, keys: KEYS }, PLAIN).join("\n");
    expect(colours).toContain("\u001b[31mkeys too old");
    expect(plain).toContain("keys too old");
  });
});
