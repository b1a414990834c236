import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const CSS = readFileSync(join(import.meta.dirname, "../../../plugin/server/view/browser/page.css"), "utf8");
/** The light colours come first, then the dark colours. */
const SCHEMES = [...CSS.matchAll(/:root \{(.*?)\}/gs)].map(([, block = ""]) =>
  Object.fromEntries([...block.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour])),
);

/** The relative luminance of WCAG 2.2, a number from 0 to 1. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe("the colours of the page", () => {
  it("exist for light and dark screens", () => {
    expect(SCHEMES).toHaveLength(2);
    expect(Object.keys(SCHEMES[1] ?? {})).toEqual(Object.keys(SCHEMES[0] ?? {}));
  });

  it.each(
    SCHEMES.flatMap((scheme, index) =>
      ["text", "quiet", "good", "warn", "bad", "link"].flatMap((name) =>
        ["back", "panel"].map((behind) => ({ name, behind, scheme, kind: index === 0 ? "light" : "dark" })),
      ),
    ),
  )("$name on $behind in $kind colours has the contrast of WCAG level AA", ({ name, behind, scheme }) => {
    expect(contrast(scheme[name] ?? "", scheme[behind] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
});
