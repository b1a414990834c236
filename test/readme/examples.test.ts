import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { readFetchSettings } from "../../plugin/policy/read/read-fetch-settings.ts";
import { ISSUER_START, issuesOf } from "../policy/read/marked-text.ts";
import { PAGES, readPage } from "./pages.ts";
import { findBlocks } from "./transcripts.ts";

const ROOT = join(import.meta.dirname, "../..");
const POLICY_KEYS = Object.keys(JSON.parse(readFileSync(join(ROOT, "schema/policy.schema.json"), "utf8")).properties);

type Kind = "policy" | "part of a policy" | "fetch settings" | "for Kong";

interface Example {
  /** Page and line, such as `docs/guides/answers.md:7`. */
  readonly place: string;
  readonly text: string;
  readonly kind: Kind | undefined;
}

function kindOf(text: string): Kind | undefined {
  const [document] = parseAllDocuments(text).map((read) => read.toJS());
  const keys = Object.keys(document);
  if (keys.includes("jwt_policy")) {
    return "policy";
  }
  if (keys.includes("fetch_settings")) {
    return "fetch settings";
  }
  // What Kong calls routes is a list.
  if (keys.every((key) => POLICY_KEYS.includes(key)) && !Array.isArray(document.routes)) {
    return "part of a policy";
  }
  return keys.some((key) => ["services", "routes", "plugins", "kind"].includes(key)) ? "for Kong" : undefined;
}

const examples = PAGES.flatMap((page): Example[] => {
  const markdown = readPage(page);
  const blocks = findBlocks(markdown).filter(({ language }) => language === "yaml");
  return blocks.map(({ text }) => ({
    place: `${page}:${markdown.slice(0, markdown.indexOf(text)).split("\n").length}`,
    text,
    kind: kindOf(text),
  }));
});
const ofKind = (kind: Kind): readonly Example[] => examples.filter((example) => example.kind === kind);

describe("the examples of README and docs", () => {
  it("are each of a kind that is known, and some are of each kind", () => {
    expect(examples.filter(({ kind }) => kind === undefined)).toEqual([]);
    const counts = (["policy", "part of a policy", "fetch settings", "for Kong"] as const).map(
      (kind) => ofKind(kind).length,
    );
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it.each(ofKind("policy"))("policy at $place compiles", ({ text }) => {
    expect(issuesOf(text)).toEqual([]);
  });

  it.each(ofKind("part of a policy"))(
    "policy keys at $place compile with an issuer, and a rule if they have none",
    ({ text }) => {
      const rules = /^routes:/m.test(text) ? "" : "routes: { r: {} }\n";
      expect(issuesOf(ISSUER_START + rules + text)).toEqual([]);
    },
  );

  it.each(ofKind("fetch settings"))("fetch settings at $place are valid", ({ text }) => {
    expect(readFetchSettings(text)).toHaveProperty("ok", true);
  });
});
