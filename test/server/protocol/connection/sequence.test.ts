import { describe, expect, it } from "vitest";
import { createAllow, createDeny } from "../../../../plugin/core/model/decision.ts";
import { StringMessage } from "../../../../plugin/server/protocol/messages.ts";
import { serve, settle } from "../../test-server.ts";
import { playEvent } from "../raw-worker.ts";

const EVIDENCE = { policy: "payments" };
const ALLOW = createAllow({ headers: {} }, EVIDENCE);
const DENY = createDeny({ reason: "token_missing" }, EVIDENCE);
const text = (v: string): Uint8Array => StringMessage.encode({ v });
const REPLIES = { "kong.nginx.get_var": text("GET / HTTP/1.1"), "kong.router.get_route": new Uint8Array() };

describe("events in sequence on one connection", () => {
  it("each get their own replies and their own sequence", async () => {
    const seen: string[] = [];
    const { worker, id } = await serve(async (pdk) => {
      seen.push(await pdk.nginx.getVar("request"));
      return createAllow({ headers: { "x-user-id": `user-${seen.length}` } }, EVIDENCE);
    });
    const first = await playEvent(worker, id, { "kong.nginx.get_var": text("one") });
    const second = await playEvent(worker, id, { "kong.nginx.get_var": text("two") });
    expect([first.ended, second.ended]).toEqual(["proxied", "proxied"]);
    expect([first.sequence, second.sequence]).toEqual([2, 3]);
    expect(seen).toEqual(["one", "two"]);
  });

  it("drop replies for which the first event did not wait before its Allow with headers", async () => {
    const { worker, id } = await serve(async (pdk) => {
      void pdk.nginx.getVar("request");
      void pdk.router.getRoute();
      return createAllow({ headers: { "x-user-id": "alice" } }, EVIDENCE);
    });
    const first = await playEvent(worker, id, REPLIES);
    expect(first.ended).toBe("proxied");
    expect(first.calls).toHaveLength(3);
    const second = await playEvent(worker, id, REPLIES);
    expect([second.ended, second.sequence]).toEqual(["proxied", 3]);
    await worker.expectSilence();
  });

  it("drop replies for which the first event did not wait before its Deny", async () => {
    const { worker, id } = await serve(async (pdk) => {
      void pdk.nginx.getVar("request");
      return DENY;
    });
    for (const _ of [1, 2]) {
      const { ended, calls } = await playEvent(worker, id, REPLIES);
      expect(ended).toBe("exited");
      expect(calls).toHaveLength(3);
    }
    await worker.expectSilence();
  });

  it("drop a reply that comes after the deadline", async () => {
    const seen: string[] = [];
    const { worker, id } = await serve(async (pdk) => {
      seen.push(await pdk.nginx.getVar("request"));
      return ALLOW;
    }, 40);
    worker.call({ cmdHandleEvent: { instanceId: id, eventName: "access" } });
    const head = [await worker.next(), await worker.next(), await worker.next(), await worker.next()];
    expect([head[0]?.toString(), head[2]?.toString()]).toEqual(["kong.nginx.get_var", "kong.log.err"]);
    worker.sendFrame(text("late"));
    worker.sendFrame(new Uint8Array());
    expect([(await worker.next()).toString(), (await worker.next()).byteLength > 0]).toEqual([
      "kong.response.exit",
      true,
    ]);
    await settle();
    await worker.expectSilence();
    expect(seen).toEqual([]);
    expect((await playEvent(worker, id, { "kong.nginx.get_var": text("fresh") })).ended).toBe("proxied");
    expect(seen).toEqual(["fresh"]);
  });
});
