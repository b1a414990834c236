import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { statusAt } from "../../server/view/status-fixture.ts";
import { runCli, runCliBeside } from "../run-cli.ts";
import { runCliAsync } from "../run-cli-async.ts";

const QUICK = ["--interval", "0.1"];

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A status port whose server has judged more requests at each answer. */
function serveStatus(changes: object = {}): Promise<string> {
  let answers = 0;
  return serve((_, response) => {
    answers += 1;
    response.end(JSON.stringify(statusAt(answers * 2, { passed: answers * 180, expired: answers * 20 }, changes)));
  });
}

describe("kong-jwt-policy top --once", () => {
  it("prints one table with rates, without colours in a pipe", async () => {
    const url = await serveStatus();
    const { status, stdout } = await runCliAsync(["top", "--once", "--url", url, ...QUICK]);
    expect(status).toBe(0);
    expect(stdout).toBe(`jwt-policy top  ready  version 1.2.3, counting for 4 s

Requests    100 /s  400 in total           Refused  10 /s       10.0 % now, 40 in total (10.0 %)  Report mode  0 /s         0 in total (0 %)
Guard hits  45 /s   180 in total (45.0 %)  Issuers  all answer  1 issuer, 2 keys                  Policies     1 in effect  1 of 1 policy in effect

Rejections  Requests that were refused, and requests that passed only because of report mode.
PER SECOND  TOTAL  OUTCOME       POLICY    RULE     REASON              ISSUER  STATUS  LAST
        10     40  refused       payments  read     token_expired       acme       401   0 s
         0      0  would refuse  payments  watched  scope_insufficient  acme       401   0 s

Issuers and keys  All keys of 1 issuer are loaded.
ISSUER  STATE   KEYS  AGE  PROBLEM  FROM       ISS
acme    loaded     2  4 s  –        discovery  https://idp.example

Policies  1 policy in effect, none refused.
POLICY    STATE      PROBLEM  SOURCE         SHA-256
payments  in effect  –        payments.yaml  abababababab

Rules  Requests that each rule judged.
PER SECOND  REFUSED NOW  TOTAL  REFUSED IN TOTAL  POLICY    RULE
       100       10.0 %    400            10.0 %  payments  read
         0            –      0                 –  payments  watched
`);
  });

  it("prints JSON, also without --once into a pipe", async () => {
    const alarm = { kind: "shared_token", policy: "payments", rule: null, issuer: "acme", alarms: 2 };
    const url = await serveStatus({ abuse: { alarms: [alarm], refused_tokens: 1 } });
    const { stdout } = await runCliBeside(["top", "--format", "json", "--url", `${url}/status`, ...QUICK]);
    const { problems, servers, rejections, rules } = JSON.parse(stdout);
    expect(problems).toEqual([]);
    expect(servers).toMatchObject([{ server: new URL(url).host, ready: true, guard_hits_per_second: 45 }]);
    expect(servers[0].abuse).toEqual({ alarms: [alarm], refused_tokens: 1 });
    const row = { policy: "payments", rule: "read", issuer: "acme", outcome: "deny", reason: "token_expired" };
    expect(rejections[0]).toEqual({ ...row, status: 401, requests: 40, per_second: 10 });
    expect(rules[0]).toMatchObject({ requests: 400, requests_per_second: 100, denied_per_second: 10 });
  });

  it("adds up several servers, and names the one that does not answer", async () => {
    const urls = [await serveStatus(), await serveStatus(), "http://127.0.0.1:1"];
    const args = urls.flatMap((url) => ["--url", url]);
    const { status, stdout, stderr } = await runCliBeside(["top", "--once", "--by", "reason", ...args, ...QUICK]);
    expect([status, stdout]).toEqual([1, expect.stringContaining("2 servers ready")]);
    expect(stdout).toMatch(/ 20 +80 +refused +token_expired +401/);
    expect(stderr).toMatch(/^kong-jwt-policy: http:\/\/127\.0\.0\.1:1\/status cannot be reached: .*--url/);
  });

  it("prints no character of a hostile server that controls the terminal", async () => {
    const nasty = "\u001b]0;x\u0007\u202e\u009b31m\n";
    const [keys] = statusAt(0, {}).keys;
    const url = await serveStatus({
      reasons: [nasty],
      keys: [{ ...keys, issuer: nasty, failures: 1, failure: nasty }],
    });
    for (const format of ["text", "json"]) {
      const { stdout } = await runCliBeside(["top", "--once", "--format", format, "--url", url, ...QUICK]);
      expect(stdout).toMatch(/\\u\{?(?:00)?1b/);
      expect(stdout).not.toMatch(/[^\n -~–…]/);
    }
  });

  it.each<[what: string, answer: RequestListener, words: string]>([
    ["is no JSON", (_, response) => response.end("<html>"), "this is not the status"],
    ["is the JSON of something else", (_, response) => response.end('{"ready":true}'), "this is not the status"],
    [
      "is a redirect",
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      "status 302",
    ],
    ["is a failure", (_, response) => response.writeHead(421).end('{"message":"\u001b[31m"}'), "status 421"],
    ["has no end", (_, response) => writeEndlessly(response), "longer than"],
    [
      "breaks off",
      (_, response) => response.writeHead(200, { "content-length": "9" }).write("x", () => response.destroy()),
      "cannot be reached",
    ],
  ])("ends with 1 if the answer %s", async (_what, answer, words) => {
    const { status, stdout, stderr } = await runCliBeside(["top", "--once", "--url", await serve(answer), ...QUICK]);
    expect([status, stdout, stderr]).toEqual([1, "", expect.stringContaining(words)]);
    expect(stderr).not.toContain("\u001b");
  });

  it.each<[args: readonly string[], words: string]>([
    [["--url", "ftp://127.0.0.1"], "is not the URL of a status port"],
    [["--url", "127.0.0.1:8008"], "is not the URL of a status port"],
    [["--url", "http://a:SECRET@127.0.0.1"], "no user and no password"],
    [["--interval", "0"], "from 0.1 to 3600"],
    [["--interval", "1e9"], "from 0.1 to 3600"],
    [["--by", "colour"], "Allowed choices are all, rule, reason, issuer"],
    [["--format", "yaml"], "Allowed choices are text, json"],
  ])("ends with 2 for %j", (args, words) => {
    const { status, stderr } = runCli(["top", "--once", ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(stderr).not.toContain("SECRET");
  });
});

/** Writes as fast as the client can read. */
function writeEndlessly(response: ServerResponse): void {
  const write = (): void => void response.write("x".repeat(1_000_000));
  response.on("drain", write);
  write();
}
