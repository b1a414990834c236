import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { identifyProcess } from "../../../plugin/server/launcher/process-identity.ts";
import { CarriedCounts } from "../../../plugin/server/metrics/carried-counts.ts";
import { sumSnapshots } from "../../../plugin/server/metrics/create-metrics.ts";
import { StringMessage } from "../../../plugin/server/protocol/messages.ts";
import { findFreePort } from "../../gateways/free-port.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
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
  /** The number of requests in the metrics; undefined while no server answers. */
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

describe("the file of counts", () => {
  const count = (value: number, others: object = {}) => ({
    ...{ name: "n", help: "h", type: "counter", aggregator: "sum", values: [{ value, labels: { a: "b" } }] },
    ...others,
  });
  /** The id of a process that cannot exist, and the id of this process. */
  const [ended, running] = [{ pid: 2 ** 22 + 1 }, identifyProcess(process.pid)];
  const createFiles = () => {
    const directory = temporaryFolder();
    const files = () => readdirSync(directory).sort();
    const write = (id: string, others: object = {}, name = `s.counts.${id}`) =>
      writeFileSync(
        join(directory, name),
        JSON.stringify({ jwt_policy_counts: 1, id, process: ended, included: [], metrics: [count(1)], ...others }),
      );
    const read = (id: string) => JSON.parse(readFileSync(join(directory, `s.counts.${id}`), "utf8"));
    return { directory, files, write, read, carried: new CarriedCounts(join(directory, "s")) };
  };
  const sumOf = async (snapshots: Parameters<typeof sumSnapshots>[0]) => {
    const [metric] = (await sumSnapshots(snapshots)) as readonly ReturnType<typeof count>[];
    return metric?.values.map(({ value }) => value);
  };

  it("of this process has its own and the included counts, and only this user can read it", async () => {
    const { directory, files, carried, read } = createFiles();
    await carried.write([count(5)]);
    const [name = ""] = files();
    expect(files()).toEqual([expect.stringMatching(/^s\.counts\.[0-9a-f]{16}$/)]);
    const id = name.slice("s.counts.".length);
    expect(read(id)).toEqual({
      ...{ jwt_policy_counts: 1, id, process: running, included: [] },
      metrics: [expect.objectContaining({ name: "n", values: [{ value: 5, labels: { a: "b" } }] })],
    });
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    expect(carried.readOthers(), "without its own").toEqual([[]]);
  });

  it("of an ended process is included once and removed, but the file of a running process is kept", async () => {
    const { files, carried, write, read } = createFiles();
    write("dead", { metrics: [count(10)] });
    write("old", { metrics: [count(100)] });
    write("heir", { metrics: [count(1_000)], included: ["old"] });
    write("live", { metrics: [count(10_000)], process: running });
    expect(await sumOf(carried.readOthers())).toEqual([11_010]);
    await carried.include([count(5)]);
    const own = files().find((name) => /[0-9a-f]{16}$/.test(name)) ?? expect.fail();
    expect(files()).toEqual([own, "s.counts.live"].sort());
    const { included, metrics } = read(own.slice("s.counts.".length));
    expect([included.sort(), metrics[0].values[0].value]).toEqual([["dead", "heir"], 1_015]);
    expect(await sumOf(carried.readOthers())).toEqual([11_010]);
    write("dead", { metrics: [count(10)] });
    await carried.include([count(5)]);
    expect(await sumOf(carried.readOthers()), "a file that comes back").toEqual([11_010]);
    expect(files()).toEqual([own, "s.counts.live"].sort());
  });

  it("is not written if no process has ended", async () => {
    const { files, carried, write } = createFiles();
    write("live", { process: running });
    await carried.include([count(5)]);
    expect(files()).toEqual(["s.counts.live"]);
  });

  it("names only the last 100 included processes", async () => {
    const { files, carried, write, read } = createFiles();
    for (let index = 0; index < 101; index += 1) {
      write(`p${index}`);
      await carried.include([]);
    }
    const { included } = read(files()[0]?.slice("s.counts.".length) ?? "");
    expect([included.length, included[0], included.at(-1)]).toEqual([100, "p1", "p100"]);
  });

  it.each<[what: string, others: object, name?: string]>([
    ["another format", { jwt_policy_counts: 2 }],
    ["an id that is no text", { id: 5 }],
    ["the id of another file", {}, "s.counts.other"],
    ["a metric without a name", { metrics: [count(1, { name: 5 })] }],
    ["a metric that is not added up", { metrics: [count(1, { aggregator: "max" })] }],
    ["values that are no list", { metrics: [count(1, { values: {} })] }],
    ["a value that is no number", { metrics: [count(1, { values: [{ value: "1", labels: {} }] })] }],
    ["labels that are no map", { metrics: [count(1, { values: [{ value: 1, labels: "a" }] })] }],
    ["no labels", { metrics: [count(1, { values: [{ value: 1, labels: null }] })] }],
    ["a bad metric after a good one", { metrics: [count(1), count(1, { name: 5 })] }],
    ["more than 32 MiB", { rest: "x".repeat(32 * 1024 * 1024) }],
    ["a name that is not complete yet", { id: "5.new" }],
    ["the name of another socket", {}, "t.counts.5"],
  ])("is ignored and kept if it has %s", async (_, others, name) => {
    const { files, carried, write } = createFiles();
    write("5", others, name ?? `s.counts.${(others as { id?: string }).id ?? "5"}`);
    expect(carried.readOthers()).toEqual([[]]);
    await carried.include([]);
    expect(files()).toHaveLength(1);
  });
});

describe("the counts of a server", () => {
  it("continue in the next server, including counts from after the hand-over", async () => {
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
