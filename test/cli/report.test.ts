import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { countLog, countStatus, renderRows } from "../../cli/views/report-counts.ts";
import { createAllow, createDeny } from "../../plugin/core/model/decision.ts";
import { formatReport } from "../../plugin/observe/decision-log.ts";
import { MAIN, runCli } from "./run-cli.ts";

/** A line of Kong's error log. */
function logLine(rule: string | undefined, kid: string, detail: string): string {
  const evidence = { policy: "payments", ...(rule === undefined ? {} : { rule }), issuer: "acme", kid };
  const deny = createDeny({ reason: "condition_unmet", detail }, evidence);
  const line = formatReport(createAllow({ headers: {} }, evidence, deny));
  return `2026/11/29 12:00:00 [warn] 9#0: *7 [kong] mp.lua:1 [jwt-policy] ${line}, client: 10.0.0.${kid}, server: kong, request_id: "${kid}"`;
}

const REPORTED = { policy: "payments", outcome: "would_deny" };
const STATUS = {
  at: "2027-01-15T08:00:00Z",
  counted_since: "2027-01-15T08:00:00Z",
  judged: [
    { policy: "payments", rule: "read", requests: 1_000, denied: 0, would_have_denied: 15 },
    { policy: "payments", rule: "write", requests: 40, denied: 0, would_have_denied: 0 },
    { policy: "payments", rule: null, requests: 3, denied: 0, would_have_denied: 3 },
  ],
  rejections: [
    { ...REPORTED, rule: "read", issuer: "acme", reason: "token_expired", requests: 3 },
    { ...REPORTED, rule: "read", issuer: "partner", reason: "token_expired", requests: 2 },
    { ...REPORTED, rule: "read", issuer: null, reason: "token_missing", requests: 10 },
    { ...REPORTED, rule: null, issuer: null, reason: "no_matching_rule", requests: 3 },
    { ...REPORTED, rule: "write", issuer: null, reason: "token_missing", requests: 9, outcome: "deny" },
  ],
};
const TABLE = `REQUESTS  SHARE   OF    POLICY    RULE       REASON
10        1.0%    1000  payments  read       token_missing
5         0.5%    1000  payments  read       token_expired
3         100.0%  3     payments  (no rule)  no_matching_rule
0         0.0%    40    payments  write      -
`;

describe("the counts of a log", () => {
  it("add up lines with the same policy, rule and reason, even if kid, detail, client and id differ", () => {
    const lines = [
      logLine("read", "1", "lacks role a: no claim roles"),
      logLine("read", "2", "lacks role b policy=x rule=y reason=z"),
      logLine(undefined, "3", "x"),
      "2026/11/29 [warn] jwt-policy denied the request: reason=token_missing status=401 policy=payments",
    ];
    expect(countLog(lines)).toEqual([
      { policy: "payments", rule: "read", reason: "condition_unmet", requests: 2, judged: undefined },
      { policy: "payments", rule: undefined, reason: "condition_unmet", requests: 1, judged: undefined },
    ]);
  });

  it("are a table without shares, because a log does not show requests that passed without a line", () => {
    const table = renderRows(countLog([logLine("read", "1", "x")]));
    expect(table.split("\n")[1]).toBe("1         -      -   payments  read  condition_unmet");
  });
});

describe("the counts of a status", () => {
  it("have the share of each rule's traffic, and rules that would have refused nothing", () => {
    expect(renderRows(countStatus(STATUS))).toBe(TABLE);
  });

  it.each([undefined, {}, [], null, { ...STATUS, rejections: 1 }, { ...STATUS, at: "x" }, "<html>"])(
    "cannot be read from %j",
    (value) => {
      expect(() => countStatus(value)).toThrow("this is not the /status of a plugin server");
    },
  );
});

describe("kong-jwt-policy report", () => {
  it("reads a log from standard input", () => {
    const { status, stdout } = runCli(["report", "--log", "-"], {}, `${logLine("read", "1", "x")}\n`);
    expect([status, stdout]).toEqual([0, expect.stringContaining("payments  read  condition_unmet")]);
  });

  it("requests the status from a plugin server", async () => {
    const server = createServer((_request, response) => response.end(JSON.stringify(STATUS)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/status`;
    const child = spawn(process.execPath, [MAIN, "report", "--status", url]);
    let stdout = "";
    for await (const chunk of child.stdout) {
      stdout += chunk;
    }
    expect(stdout).toBe(TABLE);
  });

  it.each<[what: string, args: string[], words: string]>([
    ["no source", [], "give --status URL or --log FILE"],
    ["a file that is not there", ["--log", "/no/such.log"], "ENOENT"],
    ["a server that is not there", ["--status", "http://127.0.0.1:1/status"], "cannot be reached"],
    ["both sources", ["--log", "-", "--status", "http://127.0.0.1:1"], "cannot be used with"],
  ])("ends with 2 for %s", (_what, args, words) => {
    const { status, stderr } = runCli(["report", ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
