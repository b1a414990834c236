import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { temporaryFolder } from "../temporary-folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const home = temporaryFolder();
const folder = join(home, "repository");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const TEXT = readFileSync(join(ROOT, "action.yml"), "utf8");
const ACTION: {
  readonly inputs: Readonly<Record<string, { readonly description: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
} = parse(TEXT);
const PROGRAM = readFileSync(join(ROOT, "deploy/github/main.mjs"), "utf8");

describe("action.yml", () => {
  const { steps } = ACTION.runs;

  it("pins each action by the commit that our workflows use", () => {
    const release = readFileSync(join(ROOT, ".github/workflows/release.yml"), "utf8");
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((name) => !/@[0-9a-f]{40}$/.test(name) || !release.includes(name))).toEqual([]);
  });

  it("gives inputs to the program as variables, and no expression to a shell", () => {
    expect(steps.filter((step) => step.run?.includes("${{"))).toEqual([]);
    expect(PROGRAM).not.toMatch(/shell: *true|execSync/);
    const variable = (name: string): string => name.toUpperCase().replaceAll("-", "_");
    const env = steps.flatMap((step) => Object.entries(step.env ?? {}));
    expect(Object.fromEntries(env)).toEqual(
      Object.fromEntries(
        Object.keys(ACTION.inputs).map((name) => [`INPUT_${variable(name)}`, `\${{ inputs.${name} }}`]),
      ),
    );
    const unread = Object.keys(ACTION.inputs).filter((name) => !PROGRAM.includes(`("${variable(name)}")`));
    expect(unread).toEqual([]);
  });

  it("has only inputs and outputs that the guide explains", () => {
    const guide = readFileSync(join(ROOT, "docs/guides/ci.md"), "utf8");
    const names = [...Object.keys(ACTION.inputs), ...Object.keys(ACTION.outputs)];
    expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });
});

interface Call {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the bodies of several calls.
  readonly body: any;
}

/**
 * A replacement of api.github.com. This server lists the comments. It accepts each request, unless the test sets an
 * error status.
 */
async function serveApi(comments: readonly unknown[], status = 200): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const text = await readAll(request);
    const body = text === "" ? undefined : JSON.parse(text);
    calls.push({ method, url, authorization: headers.authorization, body });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(method === "GET" ? comments : {}));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

let base: string;
let head: string;

function git(...args: readonly string[]): string {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
  return execFileSync("git", ["-C", folder, ...identity, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

/** A repository with a branch that makes a policy looser. Meanwhile, the target branch also gets commits. */
beforeAll(() => {
  mkdirSync(join(folder, "policies"), { recursive: true });
  cpSync(join(ROOT, "policies/payments.yaml"), join(folder, "policies/payments.yaml"));
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "one");
  git("checkout", "-qb", "change");
  const file = join(folder, "policies/payments.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("clock_skew: 30s", "clock_skew: 40s"));
  git("commit", "-qam", "two");
  head = git("rev-parse", "HEAD");
  git("checkout", "-q", "main");
  cpSync(join(ROOT, "policies/platform.yaml"), join(folder, "policies/platform.yaml"));
  git("add", "-A");
  git("commit", "-qm", "three");
  base = git("rev-parse", "HEAD");
});

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly summary: string;
  readonly outputs: string;
}

let runs = 0;
async function run(
  api: string,
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
  event: unknown = { pull_request: { number: 7, base: { sha: base } } },
): Promise<Ran> {
  runs += 1;
  const place = join(home, `run-${runs}`);
  mkdirSync(place);
  const [summary, outputs, eventFile] = ["summary", "outputs", "event"].map((name) => join(place, name));
  for (const [file = "", text = ""] of [[summary], [outputs], [eventFile, JSON.stringify(event)]]) {
    writeFileSync(file, text);
  }
  const variables = {
    PATH: process.env.PATH,
    RUNNER_TEMP: place,
    GITHUB_API_URL: api,
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "acme/shop",
    GITHUB_RUN_ID: "99",
    GITHUB_SHA: git("rev-parse", "HEAD"),
    GITHUB_REF: "refs/pull/7/merge",
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_OUTPUT: outputs,
    GITHUB_EVENT_PATH: eventFile,
    INPUT_POLICIES: "policies",
    INPUT_FORMAT: "github",
    INPUT_COMMENT: "true",
    INPUT_TOKEN: "t0ken",
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value])),
    ...env,
  };
  const [status, stdout] = await new Promise<[number, string]>((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, "deploy/github/main.mjs")],
      { cwd: folder, env: variables },
      (error, out, stderr) => resolve([Number(error?.code ?? 0), out + stderr]),
    );
  });
  const [shown = "", written = ""] = [summary, outputs].map((file) => readFileSync(file ?? "", "utf8"));
  return { status, stdout, summary: shown, outputs: written };
}

const MARKER = "<!-- kong-jwt-policy check -->";

describe("the program of the action", () => {
  it("compares GitHub's merge with the target branch, and writes one comment", async () => {
    git("checkout", "-q", "--detach", base);
    git("merge", "-q", "--no-ff", "-m", "merge", head);
    const { url, calls } = await serveApi([{ id: 1, user: { type: "User" }, body: `${MARKER}\nmine` }]);
    const { status, stdout, summary, outputs } = await run(url);
    expect([status, stdout]).toEqual([
      1,
      expect.stringMatching(/^::error file=policies\/payments\.yaml,title=policy_looser/m),
    ]);
    expect(calls.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      "GET /repos/acme/shop/issues/7/comments?per_page=100&page=1",
      "POST /repos/acme/shop/issues/7/comments",
    ]);
    expect(calls[1]).toMatchObject({ authorization: "Bearer t0ken", body: { body: summary } });
    expect(summary.startsWith(`${MARKER}\n### ❌`)).toBe(true);
    expect(outputs).toMatch(/^result=failed\ncomment-file=.+\nsarif-file=.+\n$/);
  });

  it("compares a branch with the commit where it began, so that new commits of the target branch are not changes", async () => {
    git("checkout", "-q", "--detach", head);
    const { url, calls } = await serveApi([{ id: 3, user: { type: "Bot" }, body: `${MARKER}\nold` }]);
    const { status, summary } = await run(url);
    expect([status, summary]).toEqual([1, expect.stringContaining("1 policy compared: 1 looser")]);
    expect(calls.at(-1)).toMatchObject({ method: "PATCH", url: "/repos/acme/shop/issues/comments/3" });
  });

  it("gives a report to code scanning", async () => {
    git("checkout", "-q", "--detach", head);
    const { url, calls } = await serveApi([]);
    await run(url, { COMMENT: "false", UPLOAD_SARIF: "true" });
    expect(calls).toMatchObject([
      { method: "POST", url: "/repos/acme/shop/code-scanning/sarifs", body: { ref: "refs/pull/7/merge" } },
    ]);
    const sarif = JSON.parse(gunzipSync(Buffer.from(calls[0]?.body.sarif, "base64")).toString());
    expect(sarif.runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId)).toContain("policy_looser");
  });

  it("keeps the result if the token can only read, as for a fork, and says which permission the comment needs", async () => {
    const { url } = await serveApi([], 403);
    const { status, stdout, summary } = await run(url);
    expect([status, stdout]).toEqual([
      1,
      expect.stringMatching(/^::warning::The comment was not written: .*pull-requests: write/m),
    ]);
    expect(summary).toContain("#### Looser");
  });

  it("replaces the comment of an earlier run if it cannot check anything", async () => {
    const { url, calls } = await serveApi([{ id: 3, user: { type: "Bot" }, body: `${MARKER}\n### ✅` }]);
    const { status, outputs } = await run(url, { POLICIES: "nowhere" });
    expect([status, outputs]).toEqual([2, expect.stringContaining("result=incomplete")]);
    expect(calls.at(-1)?.body.body).toContain("(https://github.com/acme/shop/actions/runs/99)");
  });

  it("does not read an input as an option or a command", async () => {
    const { url } = await serveApi([]);
    const file = join(home, "touched");
    const { status, stdout } = await run(url, { POLICIES: `--approve=x\n$(touch ${file})`, COMMENT: "false" });
    expect([status, stdout]).toEqual([2, expect.stringContaining("--approve=x: no such file here")]);
    expect(() => readFileSync(file)).toThrow();
  });

  it("compares and comments nothing after a push", async () => {
    const { url, calls } = await serveApi([]);
    const { status, summary } = await run(url, {}, { GITHUB_REF: "refs/heads/main" }, { before: base });
    expect([status, calls, summary]).toEqual([0, [], expect.stringMatching(/\| diff \| ➖ skipped/)]);
  });
});
