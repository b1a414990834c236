import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import biome from "../../biome.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../..");
const WORKFLOWS = ".github/workflows";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly permissions: unknown;
  readonly concurrency: unknown;
  readonly jobs: Readonly<
    Record<string, { "timeout-minutes"?: number; permissions?: unknown; steps: readonly Step[] }>
  >;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

describe.each(readdirSync(join(ROOT, WORKFLOWS)))("workflow %s", (file) => {
  const text = read(join(WORKFLOWS, file));
  const workflow: Workflow = parse(text);
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  it("gives no rights by default, and each job states its own", () => {
    expect(workflow.permissions).toEqual({});
    expect(jobs.filter((job) => job.permissions === undefined)).toEqual([]);
  });

  it("has a concurrency group, and a timeout for each job", () => {
    expect(workflow.concurrency).toBeDefined();
    expect(jobs.filter((job) => job["timeout-minutes"] === undefined)).toEqual([]);
  });

  it("pins each action by commit, with the version as a comment", () => {
    const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
    expect(uses.filter((line) => !/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it("leaves no credentials in the working copy", () => {
    const checkouts = steps.filter((step) => step.uses?.startsWith("actions/checkout@"));
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
  });

  it("passes expressions to the shell only in variables, so that no title or tag becomes a command", () => {
    expect(steps.filter((step) => step.run?.includes("${{"))).toEqual([]);
  });
});

it("lets only the job that publishes get an identity token, and that job runs no code of the repository", () => {
  const { jobs }: Workflow = parse(read(join(WORKFLOWS, "release.yml")));
  const publishers = Object.values(jobs).filter((job) => JSON.stringify(job.permissions).includes("id-token"));
  expect(publishers.map((job) => job.permissions)).toEqual([{ "id-token": "write" }]);
  expect(publishers.flatMap((job) => job.steps).filter((step) => step.uses?.startsWith("actions/checkout@"))).toEqual(
    [],
  );
});

it("has an .editorconfig that agrees with biome.json", () => {
  const lines = read(".editorconfig").split("\n");
  const { indentStyle, indentWidth, lineWidth } = biome.formatter;
  expect(lines).toEqual(
    expect.arrayContaining([
      `indent_style = ${indentStyle}`,
      `indent_size = ${indentWidth}`,
      `max_line_length = ${lineWidth}`,
    ]),
  );
});
