import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { StringMessage } from "../../../plugin/server/protocol/messages.ts";
import { findFreePort } from "../../gateways/free-port.ts";
import { connectWorker, playEvent } from "../protocol/raw-worker.ts";
import { createPlace, OPEN_POLICY, runServer, type ServerPlace } from "../server-process.ts";

const FACTS = renderFacts([])
  .replaceAll("\\n", "\n")
  .replaceAll(/\$(\w+)/g, (_, name: string) =>
    name === "request" ? "GET / HTTP/1.1" : name === "kong_request_id" ? "1".repeat(32) : "",
  );
const REPLIES = { "kong.nginx.get_var": StringMessage.encode({ v: FACTS }) };

async function createScene() {
  const place = createPlace();
  writeFileSync(join(place.policyRoot, "open.json"), OPEN_POLICY);
  const address = `127.0.0.1:${await findFreePort()}`;
  const start = () => runServer(place, ["--facts-variable", "--status-listen", address]);
  const readMetrics = (): Promise<string> =>
    fetch(`http://${address}/metrics`, { headers: { connection: "close" } }).then((response) => response.text());
  /** Requests that the metrics show; undefined while no server answers. */
  const count = async (name: string): Promise<number | undefined> => {
    const lines = (await readMetrics().catch(() => "")).split("\n").filter((line) => line.startsWith(name));
    return lines.length === 0 ? undefined : lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
  return { place, start, count, readMetrics };
}

async function connectInstance(place: ServerPlace) {
  const worker = await connectWorker(place.socket);
  const config = { policy_file: "open.json", rule: "open", __plugin_id: "1", __seq__: 1 };
  const id = (await worker.start(JSON.stringify(config))).instanceStatus?.instanceId ?? 0;
  return async (requests: number): Promise<void> => {
    for (let request = 0; request < requests; request += 1) {
      expect((await playEvent(worker, id, REPLIES)).ended).toBe("proxied");
    }
  };
}

const DECISIONS = "jwt_policy_decisions_total{";
const TIMES = "jwt_policy_decision_seconds_count";

describe("the counts of a server", () => {
  it("go on in the next server, also those from after it took over", async () => {
    const { place, start, count } = await createScene();
    const first = await start();
    const askFirst = await connectInstance(place);
    await askFirst(7);
    await start();
    const askSecond = await connectInstance(place);
    await askFirst(5);
    await askSecond(11);
    first.child.kill("SIGTERM");
    await first.ended;
    await expect.poll(() => count(DECISIONS)).toBe(23);
    expect(await count(TIMES)).toBe(23);
    const files = (): readonly string[] => readdirSync(place.directory).filter((name) => name.startsWith("s.counts."));
    await expect.poll(files).toHaveLength(1);
    expect(await count(DECISIONS), "after the file of the first server is gone").toBe(23);
  });

  it("survive three hand-overs, and count nothing twice", async () => {
    const { place, start, count } = await createScene();
    let old = await start();
    for (const requests of [1, 2, 7]) {
      const ask = await connectInstance(place);
      await ask(requests);
      const next = await start();
      old.child.kill("SIGTERM");
      await old.ended;
      old = next;
    }
    await expect.poll(() => count(DECISIONS)).toBe(10);
    expect(await count(TIMES)).toBe(10);
  });

  it("survive SIGKILL, except those of about the last second", async () => {
    const { place, start, count } = await createScene();
    const first = await start();
    await (await connectInstance(place))(9);
    const isWritten = (): boolean =>
      readdirSync(place.directory)
        .filter((name) => /^s\.counts\.[0-9a-f]{16}$/.test(name))
        .some((name) =>
          /"value":9,"labels":\{"policy":"inline"/.test(readFileSync(join(place.directory, name), "utf8")),
        );
    await expect.poll(isWritten).toBe(true);
    first.child.kill("SIGKILL");
    await first.ended;
    await start();
    await expect.poll(() => count(DECISIONS)).toBe(9);
  });

  it("are not damaged by a damaged file", async () => {
    const { place, start, count } = await createScene();
    const broken = [
      ...["", "{", "null", "[]", '{"jwt_policy_counts":1}'],
      '{"jwt_policy_counts":1,"id":"5","metrics":[{"name":"x"}]}',
      '{"jwt_policy_counts":1,"id":"6","metrics":[{"values":[]}]}',
    ];
    for (const [index, text] of broken.entries()) {
      writeFileSync(join(place.directory, `s.counts.${index}`), text);
    }
    await start();
    await (await connectInstance(place))(3);
    expect(await count(DECISIONS)).toBe(3);
  });
});
