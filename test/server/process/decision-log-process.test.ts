import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { StringMessage } from "../../../plugin/server/protocol/messages.ts";
import { connectWorker, playEvent } from "../protocol/raw-worker.ts";
import { createPlace, OPEN_POLICY, runServer, type ServerPlace, startServer } from "../server-process.ts";

const PLUGIN_ID = "11111111-1111-4111-8111-111111111111";
const REQUEST_ID = "f811920ab33f697a25ae5c736ec13e7e";
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

/** The facts of one request, in the form that Kong writes with `kong env --decision-log`. */
function writeFacts(requestId: string, values: Readonly<Record<string, string>> = {}): string {
  const variables: Readonly<Record<string, string>> = {
    request: "GET /payments/42?key=secret HTTP/1.1",
    scheme: "https",
    realip_remote_addr: "127.0.0.1",
    remote_addr: "203.0.113.7",
    http_traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
    kong_request_id: requestId,
    ...values,
  };
  return renderFacts(["traceparent"])
    .replaceAll("\\n", "\n")
    .replaceAll(/\$(\w+)/g, (_, name: string) => variables[name] ?? "");
}

function writeSettings(place: ServerPlace, settings: object): { file: string; to: string } {
  const file = join(place.directory, "decision-log.yaml");
  const to = join(place.directory, "logs", "decisions.jsonl");
  mkdirSync(join(place.directory, "logs"));
  writeFileSync(file, JSON.stringify({ decision_log: 1, to, ...settings }));
  return { file, to };
}

const readLines = (file: string): readonly Record<string, unknown>[] =>
  (existsSync(file) ? readFileSync(file, "utf8") : "")
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));

async function startPlace(settings: object) {
  const place = createPlace();
  writeFileSync(join(place.policyRoot, "open.json"), OPEN_POLICY);
  const { file, to } = writeSettings(place, settings);
  const server = await runServer(place, ["--facts-variable", "--decision-log", file]);
  const worker = await connectWorker(place.socket);
  const config = { policy_file: "open.json", rule: "open", __plugin_id: PLUGIN_ID, __seq__: 1 };
  const instance = async (rule: string): Promise<number> =>
    (await worker.start(JSON.stringify({ ...config, rule }))).instanceStatus?.instanceId ?? 0;
  const ask = async (id: number, facts: string) =>
    playEvent(worker, id, { "kong.nginx.get_var": StringMessage.encode({ v: facts }) });
  return { to, server, instance, ask };
}

describe("a process with a decision log", () => {
  it("writes each request with its own id, also if the verdict is reused, and reports nothing of its query", async () => {
    const { to, instance, ask, server } = await startPlace({ allows: 1 });
    const id = await instance("open");
    const ids = ["1", "2", "3"].map((digit) => digit.repeat(32));
    for (const requestId of ids) {
      expect((await ask(id, writeFacts(requestId))).ended).toBe("proxied");
    }
    await expect.poll(() => readLines(to)).toHaveLength(3);
    const lines = readLines(to);
    expect(lines.map(({ request_id }) => request_id)).toEqual(ids);
    expect([lines[0]?.reused, lines[2]?.reused]).toEqual([undefined, true]);
    expect(lines[2]).toEqual({
      ...{ decision_log: 1, event: "decision", time: expect.anything(), outcome: "allow", sampled: 1 },
      ...{ request_id: ids[2], trace_id: TRACE_ID, policy: "inline", policy_file: "open.json" },
      ...{ policy_version: expect.stringMatching(/^[0-9a-f]{64}$/), plugin_id: PLUGIN_ID, rule: "open" },
      ...{ method: "GET", headers: [], mode: "enforce", reused: true },
    });
    expect(readFileSync(to, "utf8")).not.toContain("secret");
    expect(server.stdout()).not.toContain("secret");
  });

  it("writes all waiting lines when it ends, and continues in a new file after a rotation and after SIGUSR2", async () => {
    const { to, instance, ask, server } = await startPlace({ allows: 1 });
    const id = await instance("open");
    await ask(id, writeFacts(REQUEST_ID));
    await expect.poll(() => readLines(to)).toHaveLength(1);
    renameSync(to, `${to}.1`);
    await ask(id, writeFacts(REQUEST_ID));
    await expect.poll(() => readLines(to)).toHaveLength(1);
    server.child.kill("SIGUSR2");
    await ask(id, writeFacts(REQUEST_ID));
    server.child.kill("SIGINT");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect([readLines(`${to}.1`).length, readLines(to).length]).toEqual([1, 2]);
  });

  it("answers requests although the file cannot be written, and says so", async () => {
    const { to, instance, ask, server } = await startPlace({ allows: 1 });
    const id = await instance("open");
    renameSync(dirname(to), `${dirname(to)}.away`);
    expect((await ask(id, writeFacts(REQUEST_ID))).ended).toBe("proxied");
    await server.waitForOutput("the decision log cannot be written, and its lines are dropped: ENOENT");
    renameSync(`${dirname(to)}.away`, dirname(to));
    expect((await ask(id, writeFacts(REQUEST_ID))).ended).toBe("proxied");
    await server.waitForOutput("the decision log can be written again");
  });

  it("logs a request that no instance could judge, such as with a rule that does not exist", async () => {
    const { to, instance, ask } = await startPlace({});
    expect((await ask(await instance("absent"), writeFacts(REQUEST_ID))).ended).toBe("exited");
    await expect.poll(() => readLines(to)).toHaveLength(1);
    expect(readLines(to)).toMatchObject([
      { outcome: "deny", policy: "inline", policy_file: "open.json", request_id: REQUEST_ID, status: 503 },
    ]);
  });
});

describe("a process does not start", () => {
  it.each<[what: string, text: string, message: RegExp]>([
    ["with an unknown key", '{"decision_log":1,"to":"/tmp/x","tokens":true}', /:1:\d+ unknown_key: .*"tokens"/],
    ["with a field that does not exist", '{"decision_log":1,"to":"/tmp/x","fields":["token"]}', /"token"|token/],
    ["with a relative path", '{"decision_log":1,"to":"decisions.jsonl"}', /:1:\d+ invalid_/],
    ["with a directory as its file", '{"decision_log":1,"to":"/tmp"}', /the decision log cannot be opened: EISDIR/],
    ["in a directory that is missing", '{"decision_log":1,"to":"/absent/x"}', /cannot be opened: ENOENT/],
    ["with another document", "fetch_settings: 1\n", /decision_log/],
    ["with an empty file", "", /:1:1 /],
  ])("%s", async (_what, text, message) => {
    const place = createPlace();
    const file = join(place.directory, "decision-log.yaml");
    writeFileSync(file, text);
    const server = startServer(place, ["--decision-log", file]);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    expect(server.stderr()).toMatch(message);
  });

  it("with a secret that is too short, and quotes nothing of it", async () => {
    const place = createPlace();
    const { file } = writeSettings(place, { claims: { sub: "hmac" }, pseudonyms: { secret_file: "secret" } });
    appendFileSync(join(place.directory, "secret"), "hunter2");
    const server = startServer(place, ["--decision-log", file]);
    await server.ended;
    expect(server.stderr()).toMatch(/secret for pseudonyms has 7 bytes, but at least 32 bytes are needed/);
    expect(server.stderr()).not.toContain("hunter2");
  });
});
