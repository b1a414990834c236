import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";
import { headersToStruct, StringMessage, StructMessage } from "../../../plugin/server/protocol/messages.ts";
import { findFreePort } from "../../gateways/free-port.ts";
import { generateSigningKey, mintToken } from "../../tokens.ts";
import { connectWorker, playEvent } from "../protocol/raw-worker.ts";
import { createPlace, OPEN_POLICY, runServer, startServer } from "../server-process.ts";

const SHA256 = expect.stringMatching(/^[0-9a-f]{64}$/);

interface Probe {
  readonly options: readonly string[];
  ask(path: string): Promise<{ status: number; body: Record<string, unknown>; text: string }>;
  /** Repeats the request until it has this status. */
  becomes(path: string, status: number): Promise<void>;
}

async function createProbe(): Promise<Probe> {
  const address = `127.0.0.1:${await findFreePort()}`;
  const ask: Probe["ask"] = async (path) => {
    const response = await fetch(`http://${address}${path}`, { headers: { connection: "close" } });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text), text };
  };
  const becomes: Probe["becomes"] = (path, status) => expect.poll(async () => (await ask(path)).status).toBe(status);
  return { options: ["--status-listen", address, "--policy-poll", "50"], ask, becomes };
}

describe("the status of a process", () => {
  it("is live and ready with good policies, and shows them", async () => {
    const place = createPlace();
    writeFileSync(join(place.policyRoot, "a.json"), OPEN_POLICY);
    const { options, ask, becomes } = await createProbe();
    await runServer(place, options);
    await becomes("/status/ready", 200);
    expect((await ask("/status/live")).status).toBe(200);
    expect((await ask("/status")).body).toEqual({
      version: VERSION,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      ready: true,
      reasons: [],
      policies: [{ source: "a.json", name: "inline", sha256: SHA256, refused: [], issuers_without_keys: [] }],
      keys: [
        {
          issuer: "a",
          iss: "https://idp.example",
          from: "jwks",
          state: "serving",
          keys: 1,
          loaded_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          from_state_dir: false,
          failures: 0,
          failure: null,
          not_used: [],
          warnings: [],
        },
      ],
      counted_since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      judged: [],
      would_have_denied: [],
      rejections: [],
    });
  });

  it("shows keys that were loaded again after SIGHUP", async () => {
    const place = createPlace();
    writeFileSync(join(place.policyRoot, "a.json"), OPEN_POLICY);
    const { options, ask, becomes } = await createProbe();
    const server = await runServer(place, options);
    await becomes("/status/ready", 200);
    const loadedAt = async () => ((await ask("/status")).body.keys as { loaded_at: string }[])[0]?.loaded_at;
    const before = await loadedAt();
    server.child.kill("SIGHUP");
    await server.waitForOutput("SIGHUP: all keys are loaded again");
    await expect.poll(loadedAt).not.toBe(before);
    expect(server.child.exitCode).toBeNull();
  });

  it("is live and not ready with a broken policy, says why, and is ready after the correction", async () => {
    const place = createPlace();
    writeFileSync(join(place.policyRoot, "a.json"), '{"jwt_policy":1}');
    const { options, ask, becomes } = await createProbe();
    await runServer(place, options);
    await becomes("/status/ready", 503);
    expect((await ask("/status/live")).status).toBe(200);
    const reason = expect.stringMatching(/^a\.json:1:1 missing_key: ./);
    const body = { message: "not ready", reasons: [reason, reason] };
    await expect.poll(async () => (await ask("/status/ready")).body).toEqual(body);
    writeFileSync(join(place.policyRoot, "a.json"), OPEN_POLICY);
    await becomes("/status/ready", 200);
  });

  it("stays ready when a policy breaks, and shows which version is in effect and why the newest is refused", async () => {
    const place = createPlace();
    const file = join(place.policyRoot, "a.json");
    writeFileSync(file, OPEN_POLICY);
    const { options, ask, becomes } = await createProbe();
    const server = await runServer(place, options);
    await becomes("/status/ready", 200);
    const { body: before } = await ask("/status");
    writeFileSync(file, "jwt_policy: 1");
    await server.waitForOutput("the last good version stays in effect");
    const { body } = await ask("/status");
    const [policy] = before.policies as object[];
    const mistake = expect.objectContaining({ code: "missing_key", line: 1, column: 1 });
    const refused = [mistake, mistake];
    expect(body).toEqual({ ...before, at: expect.anything(), policies: [{ ...policy, refused }] });
    expect((await ask("/status/ready")).status).toBe(200);
  });

  it("belongs to the process with the socket: the successor answers, and the old process again after the successor has ended", async () => {
    const place = createPlace();
    const { options, becomes } = await createProbe();
    const old = await runServer(place, options);
    await becomes("/status/ready", 200);
    const next = await runServer(place, options);
    await next.waitForOutput("status is served on");
    await becomes("/status/ready", 200);
    next.child.kill("SIGKILL");
    await old.waitForOutput("listens on it again");
    await becomes("/status/ready", 200);
  });

  it("ends on SIGTERM, with or without connections, so that the next process answers", async () => {
    const place = createPlace();
    const { options, becomes } = await createProbe();
    const old = await runServer(place, options);
    await becomes("/status/ready", 200);
    const next = await runServer(place, options);
    const worker = await connectWorker(place.socket);
    old.child.kill("SIGTERM");
    await next.waitForOutput("status is served on");
    await becomes("/status/ready", 200);
    await worker.expectSilence();
  });

  it("ends on SIGTERM while the process still serves, because no process has taken over", async () => {
    const place = createPlace();
    const { options, ask, becomes } = await createProbe();
    const server = await runServer(place, options);
    await becomes("/status/ready", 200);
    server.child.kill("SIGTERM");
    const isGone = () =>
      ask("/status/live").then(
        () => false,
        () => true,
      );
    await expect.poll(isGone).toBe(true);
    await (await connectWorker(place.socket)).expectSilence();
  });

  it("is served nowhere without an address, not even on a port that the system chooses", async () => {
    const server = await runServer(createPlace());
    // With an address, this line comes before the line of the plugin socket.
    expect(server.stdout()).not.toContain("status is served on");
  });

  it("is answered before the process gets the socket", async () => {
    const place = createPlace();
    await runServer(place);
    writeFileSync(join(place.policyRoot, "a.json"), '{"jwt_policy":1}');
    const { options, ask, becomes } = await createProbe();
    const waiting = startServer(place, options);
    await becomes("/status/live", 200);
    const { status, body } = await ask("/status/ready");
    const elsewhere = `the socket ${place.socket} belongs to another process, or no process listens on it`;
    expect([status, (body.reasons as string[]).at(-1)]).toEqual([503, elsewhere]);
    expect(waiting.stdout()).not.toContain("listens on");
  });
});

it("shows no secret: no key, kid, token or claim, on any path and in any line of the log", async () => {
  const place = createPlace();
  const key = generateSigningKey("ES256", "SECRET-kid");
  const jwk = { ...key.publicJwk, d: "SECRET-private", k: "SECRET-symmetric", x5t: "SECRET-x5t" };
  const document = (keys: readonly object[]): string =>
    JSON.stringify({
      ...JSON.parse(OPEN_POLICY),
      issuers: {
        a: { issuer: "https://idp.example", audiences: ["a"], algorithms: ["ES256"], keys: { jwks: { keys } } },
      },
      routes: { closed: { access: "required" } },
    });
  const { d: _d, k: _k, ...publicJwk } = jwk;
  writeFileSync(join(place.policyRoot, "good.json"), document([publicJwk]));
  writeFileSync(join(place.policyRoot, "leaked.json"), document([jwk]));
  writeFileSync(join(place.policyRoot, "cut.json"), document([jwk]).slice(0, -40));
  writeFileSync(join(place.policyRoot, "weak.json"), document([{ ...jwk, kty: "SECRET-kty", use: "SECRET-use" }]));
  const { options, ask, becomes } = await createProbe();
  const server = await runServer(place, options);
  await becomes("/status/ready", 503);
  for (const file of ["leaked.json", "cut.json", "weak.json"]) {
    await server.waitForOutput(`${file} is refused`);
  }

  const token = mintToken({
    key,
    claims: { iss: "https://idp.example", sub: "SECRET-subject", aud: "SECRET-audience" },
  });
  const tokens = [
    token,
    `${token}x`,
    mintToken({ key, header: { kid: "SECRET-other" }, claims: { iss: "SECRET-iss" } }),
  ];
  const worker = await connectWorker(place.socket);
  for (const [index, config] of [{ policy_file: "good.json" }, { policy: document([jwk]) }].entries()) {
    const configJson = JSON.stringify({ ...config, rule: "closed", __plugin_id: `${index}` });
    for (const authorization of tokens.map((text) => `Bearer ${text}`)) {
      // Each refusal ends Kong's connection.
      const connection = await connectWorker(place.socket);
      const { instanceStatus } = await connection.start(configJson);
      const headers = StructMessage.encode(headersToStruct({ authorization }));
      const outcome = await playEvent(connection, instanceStatus?.instanceId ?? 0, {
        "kong.request.get_headers": headers,
        "kong.nginx.get_var": StringMessage.encode({ v: "GET / HTTP/1.1" }),
        "kong.request.get_forwarded_scheme": StringMessage.encode({ v: "https" }),
      });
      expect(outcome.ended).toBe("exited");
    }
  }
  await worker.expectSilence();

  const said = [
    ...(await Promise.all(["/status", "/status/ready", "/status/live", "/none"].map(ask))).map(({ text }) => text),
  ];
  expect(said[0]).toContain("private_key");
  const secrets = ["SECRET", ...tokens, ...token.split("."), ...[publicJwk.x, publicJwk.y].map(String)];
  // The log names the kids of keys in effect, because operators follow a rotation in the log.
  const logged = `${server.stdout()}${server.stderr()}`.replaceAll(/keys in effect: ES256 "SECRET-kid"/g, "");
  for (const secret of secrets) {
    expect([...said, logged].filter((text) => text.includes(secret)).map((text) => text.slice(0, 3_000))).toEqual([]);
  }
});
