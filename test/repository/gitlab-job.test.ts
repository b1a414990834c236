import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { afterEach, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { MAIN } from "../cli/run-cli.ts";
import { temporaryFolder } from "../temporary-folder.ts";

// Runs the lines of the job for GitLab in a shell. This build replaces the installed package, and a server of the test replaces
// GitLab.

const ROOT = join(import.meta.dirname, "../..");
const FILE = "deploy/gitlab/jwt-policy.gitlab-ci.yml";
const TEXT = readFileSync(join(ROOT, FILE), "utf8");
const MARKER = "<!-- kong-jwt-policy check -->";
const {
  "jwt-policy": { script, after_script: after, variables, artifacts },
}: {
  readonly "jwt-policy": {
    readonly script: readonly string[];
    readonly after_script: readonly string[];
    readonly variables: Readonly<Record<string, string>>;
    readonly artifacts: { readonly reports: { readonly junit: string; readonly codequality: string } };
  };
} = parse(TEXT);

const folder = temporaryFolder();
let base: string;
beforeAll(() => {
  mkdirSync(join(folder, "policies"));
  cpSync(join(ROOT, "policies/payments.yaml"), join(folder, "policies/payments.yaml"));
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "one");
  base = git("rev-parse", "HEAD");
});

interface Call {
  readonly line: string;
  readonly token: unknown;
  readonly body: URLSearchParams;
}

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

async function serveApi(notes: readonly unknown[]): Promise<{ url: string; calls: readonly Call[] }> {
  const calls: Call[] = [];
  server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    calls.push({ line, token: request.headers["private-token"], body: new URLSearchParams(await readAll(request)) });
    response.end(JSON.stringify(line === "GET /user" ? { id: 5 } : notes));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

async function run(
  lines: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly [number, string]> {
  const program = `npm() { :; }\nnpx() { shift 2; ${process.execPath} ${MAIN} "$@"; }\nset -e\n${lines.join("\n")}`;
  return new Promise((resolve) => {
    execFile(
      "bash",
      ["--norc", "-c", program],
      { cwd: folder, env: { PATH: process.env.PATH, ...variables, ...env } },
      (error, stdout, stderr) => resolve([Number(error?.code ?? 0), stdout + stderr]),
    );
  });
}

const REQUEST = { CI_PROJECT_ID: "3", CI_MERGE_REQUEST_IID: "7", JWT_POLICY_TOKEN: "t0ken" };
const NOTES = "/projects/3/merge_requests/7/notes";

it("checks, and writes the reports that the job hands to GitLab", async () => {
  const [status, output] = await run(script, { CI_MERGE_REQUEST_DIFF_BASE_SHA: base, JWT_POLICY_OPTIONS: "--min=0" });
  expect([status, output]).toEqual([0, expect.stringMatching(/^diff +passed/m)]);
  expect(readFileSync(join(folder, artifacts.reports.junit), "utf8")).toContain("<testsuites");
  expect(JSON.parse(readFileSync(join(folder, artifacts.reports.codequality), "utf8"))).toBeInstanceOf(Array);
});

it.each([
  [
    "writes one comment, and does not change other comments",
    [{ id: 1, author: { id: 6 }, body: `${MARKER}\n` }],
    `POST ${NOTES}`,
  ],
  ["changes its comment of an earlier run", [{ id: 2, author: { id: 5 }, body: `${MARKER}\n` }], `PUT ${NOTES}/2`],
])("%s", async (_what, notes, expected) => {
  await run(script, { CI_MERGE_REQUEST_DIFF_BASE_SHA: base });
  const { url, calls } = await serveApi(notes);
  expect(await run(after, { ...REQUEST, CI_API_V4_URL: url })).toEqual([0, ""]);
  expect(calls.map(({ line }) => line)).toEqual([
    "GET /user",
    `GET ${NOTES}?per_page=100&order_by=updated_at`,
    expected,
  ]);
  expect(calls.map(({ token }) => token)).toEqual(["t0ken", "t0ken", "t0ken"]);
  expect(calls[2]?.body.get("body")).toBe(readFileSync(join(folder, "jwt-policy-comment.md"), "utf8"));
});

it("says why there is no comment without a token", async () => {
  expect(await run(after, { ...REQUEST, JWT_POLICY_TOKEN: "" })).toEqual([0, expect.stringContaining("No comment: ")]);
});
