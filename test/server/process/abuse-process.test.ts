import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { StringMessage } from "../../../plugin/server/protocol/messages.ts";
import { claimsOf, inlineIssuer, policyDocument } from "../../core/fixtures.ts";
import { generateSigningKey, mintToken } from "../../tokens.ts";
import { connectWorker, playEvent } from "../protocol/raw-worker.ts";
import { createPlace, runServer, startServer } from "../server-process.ts";

const key = generateSigningKey("ES256", "acme-1");
const now = Math.floor(Date.now() / 1_000);
const token = mintToken({ key, claims: claimsOf({ sub: "alice", iat: now, exp: now + 600 }) });

function writeFacts(client: string): string {
  const variables: Readonly<Record<string, string>> = {
    request: "GET /payments HTTP/1.1",
    scheme: "https",
    realip_remote_addr: "10.0.0.1",
    remote_addr: client,
    http_authorization: `Bearer ${token}`,
    kong_request_id: "f811920ab33f697a25ae5c736ec13e7e",
  };
  return renderFacts([])
    .replaceAll("\\n", "\n")
    .replaceAll(/\$(\w+)/g, (_, name: string) => variables[name] ?? "");
}

describe("a process that watches abuse", () => {
  it("refuses a shared token, and says so in its output, in Kong's log and in the decision log", async () => {
    const place = createPlace();
    writeFileSync(
      join(place.policyRoot, "payments.json"),
      JSON.stringify(policyDocument(inlineIssuer([key]), { routes: { read: {} } })),
    );
    const [abuse, log] = [join(place.directory, "abuse.yaml"), join(place.directory, "log.yaml")];
    const to = join(place.directory, "decisions.jsonl");
    writeFileSync(abuse, JSON.stringify({ abuse: 1, shared_tokens: { networks: 3, on_abuse: "refuse_token" } }));
    writeFileSync(log, JSON.stringify({ decision_log: 1, to }));
    const server = await runServer(place, ["--facts-variable", "--abuse", abuse, "--decision-log", log]);
    const worker = await connectWorker(place.socket);
    const config = { policy_file: "payments.json", rule: "read", __plugin_id: "1", __seq__: 1 };
    const id = (await worker.start(JSON.stringify(config))).instanceStatus?.instanceId ?? 0;
    const ask = (client: string) =>
      playEvent(worker, id, { "kong.nginx.get_var": StringMessage.encode({ v: writeFacts(client) }) });
    for (const client of ["203.0.113.7", "198.51.100.9", "192.0.2.3"]) {
      expect((await ask(client)).ended).toBe("proxied");
    }
    const refused = await ask("203.0.113.7");
    expect(refused.ended).toBe("exited");
    await server.waitForOutput(
      "abuse: clients in different networks use one token at the same time: kind=shared_token",
    );
    await expect.poll(() => readFileSync(to, "utf8")).toContain("token_refused");
    const lines = readFileSync(to, "utf8");
    expect(lines).toMatch(/"event":"abuse",.*"kind":"shared_token","policy":"payments"/);
    const inKong = Buffer.concat(refused.calls.map(({ args }) => args)).toString();
    expect(inKong).toContain("jwt-policy: abuse: clients in different networks");
    expect(inKong).toContain("reason=token_refused status=401");
    expect(lines).not.toMatch(/alice|203\.0|198\.51|192\.0/);
  });
});

describe("a process does not start", () => {
  it.each<[what: string, text: string, options: readonly string[], message: RegExp]>([
    ["with an unknown key", '{"abuse":1,"tokens":true}', ["--facts-variable"], /:1:\d+ unknown_key: .*"tokens"/],
    ["without the facts variable", '{"abuse":1}', [], /shared_tokens needs the addresses of clients/],
    ["with another document", "decision_log: 1\n", ["--facts-variable"], /The key "abuse" is missing/],
    ["with a secret that is missing", '{"abuse":1,"pseudonyms":{"secret_file":"x"}}', ["--facts-variable"], /ENOENT/],
  ])("%s", async (_what, text, options, message) => {
    const place = createPlace();
    const file = join(place.directory, "abuse.yaml");
    writeFileSync(file, text);
    const server = startServer(place, [...options, "--abuse", file]);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    expect(server.stderr()).toMatch(message);
  });
});
