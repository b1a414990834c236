import { describe, expect, it } from "vitest";
import { createAllow, createDeny } from "../../../../plugin/core/model/decision.ts";
import { ListValueMessage, StringMessage } from "../../../../plugin/server/protocol/messages.ts";
import { type Access, serve, settle, startInstance, startTestServer } from "../../test-server.ts";
import { type Outcome, playCalls, playEvent } from "../raw-worker.ts";

const EVIDENCE = { policy: "payments" };
const ALLOW: Access = async () => createAllow({ headers: {} }, EVIDENCE);
const ALLOW_WITH_HEADERS: Access = async () => createAllow({ headers: { "x-user-id": "alice" } }, EVIDENCE);
const DENY: Access = async () => createDeny({ reason: "token_missing" }, EVIDENCE);

const methodsOf = ({ calls }: Outcome): string[] => calls.map(({ method }) => method);
const linesOf = ({ calls }: Outcome): (string | undefined)[] =>
  calls
    .filter(({ method }) => method === "kong.log.warn")
    .map(({ args }) => ListValueMessage.decode(args).values?.[0]?.stringValue);

describe("the plugin server sends warnings for the operator before the next result", () => {
  it.each<[what: string, access: Access, ended: Outcome["ended"], own: string[]]>([
    ["an Allow", ALLOW, "proxied", []],
    ["an Allow with headers", ALLOW_WITH_HEADERS, "proxied", ["kong.service.request.set_headers"]],
    ["a Deny", DENY, "exited", ["kong.log.warn", "kong.response.exit"]],
    ["a failure", () => Promise.reject(new Error("x")), "exited", ["kong.log.err", "kong.response.exit"]],
  ])("if the result is %s: in order, and each warning once", async (_what, access, ended, own) => {
    const { server, worker, id } = await serve(access);
    server.warnings.push("policy file a.yaml is refused", "keys not loaded");
    const first = await playEvent(worker, id);
    expect(first.ended).toBe(ended);
    expect(methodsOf(first)).toEqual(["kong.log.warn", "kong.log.warn", ...own]);
    expect(linesOf(first).slice(0, 2)).toEqual([
      "jwt-policy: policy file a.yaml is refused",
      "jwt-policy: keys not loaded",
    ]);
    const second = await playEvent(worker, id);
    expect([second.ended, methodsOf(second)]).toEqual([ended, own]);
    await worker.expectSilence();
  });

  it("with the level of each warning, and notices as notices", async () => {
    const { server, worker, id } = await serve(ALLOW);
    server.warnings.push("a.yaml is refused", "notice: a.yaml is in force again");
    const { ended, calls } = await playEvent(worker, id);
    expect(ended).toBe("proxied");
    expect(calls.map(({ method, args }) => [method, ListValueMessage.decode(args).values?.[0]?.stringValue])).toEqual([
      ["kong.log.warn", "jwt-policy: a.yaml is refused"],
      ["kong.log.notice", "jwt-policy: notice: a.yaml is in force again"],
    ]);
    await worker.expectSilence();
  });

  it("all 32 warnings at once, and ignores Kong's replies to the warnings", async () => {
    const seen: string[] = [];
    const { server, worker, id } = await serve(async (pdk) => {
      seen.push(await pdk.nginx.getVar("request"));
      return createAllow({ headers: { "x-user-id": "alice" } }, EVIDENCE);
    });
    server.warnings.push(...Array.from({ length: 32 }, (_, index) => `warning ${index}`));
    const reply = (v: string) => ({ "kong.nginx.get_var": StringMessage.encode({ v }) });
    expect(linesOf(await playEvent(worker, id, reply("one")))).toHaveLength(32);
    expect((await playEvent(worker, id, reply("two"))).ended).toBe("proxied");
    expect(seen).toEqual(["one", "two"]);
    await worker.expectSilence();
  });

  it("and counts Kong's replies to the warnings even if the replies come after the handler's next call", async () => {
    const { server, worker, id } = await serve(async (pdk) => {
      void pdk.nginx.getVar("forgotten");
      return createAllow({ headers: { "x-user-id": "alice" } }, EVIDENCE);
    });
    server.warnings.push("a", "b");
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    while ((await worker.next()).byteLength > 0) {
      await worker.next();
    }
    await worker.next();
    for (let reply = 0; reply < 4; reply += 1) {
      worker.sendFrame(new Uint8Array());
      await settle();
    }
    await worker.expectSilence();
    expect(server.logged).toEqual([]);
  });

  it("in one write with the result, so that Kong logs the warnings before Kong lets the request pass", async () => {
    const { server, worker, id } = await serve(ALLOW);
    server.warnings.push("a");
    const before = server.sockets[0]?.bytesWritten ?? 0;
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    const method = (await worker.next()).toString();
    expect(method).toBe("kong.log.warn");
    // The server sent no reply, but all frames are there.
    expect([(await worker.next()).byteLength > 0, (await worker.next()).byteLength]).toEqual([true, 0]);
    expect(server.sockets[0]?.bytesWritten).toBeGreaterThan(before);
  });
});

describe("the plugin server does not lose warnings", () => {
  it("if a failure makes Kong start the instance again and repeat the event", async () => {
    const { server, worker, id } = await serve(ALLOW);
    server.warnings.push("a");
    const unknown = await playEvent(worker, id + 1_000_000);
    expect(unknown).toMatchObject({ ended: "failed", calls: [{ method: "no plugin instance" }] });
    expect(server.warnings).toEqual(["a"]);
    expect(linesOf(await playEvent(worker, id))).toEqual(["jwt-policy: a"]);
  });

  it("in a phase in which Kong does not answer", async () => {
    const { server, worker, id } = await serve(ALLOW);
    server.warnings.push("a");
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "log" } });
    expect(await playCalls(worker)).toMatchObject({ ended: "failed" });
    expect(server.warnings).toEqual(["a"]);
  });

  it("if an instance starts, or if the connection of an event closes before the result", async () => {
    let decide = (): void => {};
    const { server, worker, id } = await serve(async (pdk) => {
      await new Promise<void>((resolve) => {
        decide = resolve;
      });
      return ALLOW(pdk);
    });
    const closed = new Promise((resolve) => server.sockets[0]?.once("close", resolve));
    server.warnings.push("a");
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    await settle();
    worker.socket.destroy();
    await closed;
    decide();
    await settle();
    await (await server.connect()).start();
    expect(server.warnings).toEqual(["a"]);
  });

  it("after the deadline: the rejection carries the warnings", async () => {
    const { server, worker, id } = await serve(() => new Promise(() => {}), 30);
    server.warnings.push("a");
    const outcome = await playEvent(worker, id);
    expect(methodsOf(outcome)).toEqual(["kong.log.warn", "kong.log.err", "kong.response.exit"]);
    expect(linesOf(outcome)).toEqual(["jwt-policy: a"]);
  });
});

it("many events at the same time send each warning only once", async () => {
  const server = await startTestServer(ALLOW);
  const pairs = await Promise.all(Array.from({ length: 8 }, () => startInstance(server)));
  server.warnings.push("a", "b");
  const outcomes = await Promise.all(pairs.map(({ worker, id }) => playEvent(worker, id)));
  expect(outcomes.flatMap(linesOf).sort()).toEqual(["jwt-policy: a", "jwt-policy: b"]);
});
