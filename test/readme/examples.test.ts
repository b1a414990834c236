import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseAllDocuments } from "yaml";
import { readAbuseSettings } from "../../plugin/policy/settings/read-abuse-settings.ts";
import { readDecisionLogSettings } from "../../plugin/policy/settings/read-decision-log-settings.ts";
import { readFetchSettings } from "../../plugin/policy/settings/read-fetch-settings.ts";
import { runCli } from "../cli/run-cli.ts";
import { ISSUER_START, issuesOf } from "../policy/read/marked-text.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { PAGES, readPage } from "./pages.ts";
import { findBlocks } from "./transcripts.ts";

const ROOT = join(import.meta.dirname, "../..");
const POLICY_KEYS = Object.keys(JSON.parse(readFileSync(join(ROOT, "schema/policy.schema.json"), "utf8")).properties);

const KEYS = {
  jwt_policy: "policy",
  jwt_policy_test: "policy tests",
  fetch_settings: "fetch settings",
  decision_log: "decision log",
  abuse: "abuse",
  // test/readme/ci.test.ts tests these examples.
  jobs: "for CI",
  repos: "for CI",
} as const;
const KIND_OF_KEY: Readonly<Record<string, Kind | undefined>> = KEYS;
type Kind = (typeof KEYS)[keyof typeof KEYS] | "part of a policy" | "for Kong";

interface Example {
  /** The page and the line, such as `docs/guides/answers.md:7`. */
  readonly place: string;
  readonly text: string;
  readonly kind: Kind | undefined;
}

function kindOf(text: string): Kind | undefined {
  const [document] = parseAllDocuments(text).map((read) => read.toJS());
  const keys = Object.keys(document);
  const named = keys.map((key) => KIND_OF_KEY[key]).find((kind) => kind !== undefined);
  if (named) {
    return named;
  }
  // In Kong's configuration, `routes` is a list.
  if (keys.every((key) => POLICY_KEYS.includes(key)) && !Array.isArray(document.routes)) {
    return "part of a policy";
  }
  return keys.some((key) => ["services", "routes", "plugins", "kind"].includes(key)) ? "for Kong" : undefined;
}

/** Half of the page's examples are mistakes. test/cli/lint/rules.test.ts lints all of them. */
const LINT_REFERENCE = "docs/reference/lint.md";

const examples = PAGES.filter((page) => page !== LINT_REFERENCE).flatMap((page): Example[] => {
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
  it("have a known kind, and there is at least one of each kind", () => {
    expect(examples.filter(({ kind }) => kind === undefined)).toEqual([]);
    const kinds: readonly Kind[] = [...Object.values(KEYS), "part of a policy", "for Kong"];
    expect(kinds.filter((kind) => ofKind(kind).length === 0)).toEqual([]);
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

  it.each(ofKind("policy tests"))("tests at $place pass with the policy payments", ({ text }) => {
    const directory = temporaryFolder(onTestFinished);
    mkdirSync(join(directory, "policies"));
    cpSync(join(ROOT, "policies/payments.yaml"), join(directory, "policies/payments.yaml"));
    cpSync(join(ROOT, "kong.yml"), join(directory, "kong.yml"));
    writeFileSync(join(directory, "policies/payments.test.yaml"), text);
    const { status, stdout } = runCli(["test", directory]);
    expect(stdout).toMatch(/ 0 failed\n$/);
    expect(status).toBe(0);
  });

  it.each(ofKind("fetch settings"))("fetch settings at $place are valid", ({ text }) => {
    expect(readFetchSettings(text)).toHaveProperty("ok", true);
  });

  it.each(ofKind("decision log"))("settings of the decision log at $place are valid", ({ text }) => {
    expect(readDecisionLogSettings(text)).toHaveProperty("ok", true);
  });

  it.each(ofKind("abuse"))("abuse settings at $place are valid", ({ text }) => {
    expect(readAbuseSettings(text)).toHaveProperty("ok", true);
  });
});
