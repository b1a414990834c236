import { describe, expect, it } from "vitest";
import type { Consumer } from "../../../plugin/core/model/caller.ts";
import {
  AuthenticateArgsMessage,
  AuthenticatedCredentialMessage,
  ConsumerMessage,
  ConsumerSpecMessage,
  KVMessage,
} from "../../../plugin/server/protocol/messages.ts";
import type { GatewayRequest } from "../../../sandbox/message/gateway-request.ts";
import { callPdk } from "../../../sandbox/plugin/pdk.ts";

/** A Consumer as a real Kong 3.9.3 sends it. */
const BILLING = { id: "8a1f33c2-9f6e-4c55-9d0a-2f0f3a7e6b11", username: "billing", customId: "c-17", tags: ["a"] };
const NAMED_LIKE_IT = { id: "5e0d7f9a-47a3-4a52-8a3f-6a0c9c0f2d22", username: BILLING.id };

function scene() {
  const request = { consumers: [NAMED_LIKE_IT, BILLING], authenticated: {} } as unknown as GatewayRequest;
  const call = (method: string, args: Uint8Array = new Uint8Array()): Uint8Array => {
    const result = callPdk({ request, log: () => {} }, method, args);
    if (!(result && "reply" in result)) {
      throw new Error(`${method} gave no reply`);
    }
    return result.reply;
  };
  return {
    load: (id: string, byUsername: boolean): Consumer =>
      ConsumerMessage.decode(call("kong.client.load_consumer", ConsumerSpecMessage.encode({ id, byUsername }))),
    consumer: (): Consumer => ConsumerMessage.decode(call("kong.client.get_consumer")),
    credential: () => AuthenticatedCredentialMessage.decode(call("kong.client.get_credential")),
    call,
  };
}

describe("the sandbox finds a Consumer", () => {
  it.each<[what: string, id: string, byUsername: boolean, expected: Consumer]>([
    ["by username", "billing", true, BILLING],
    ["by id", BILLING.id, false, BILLING],
    ["by id first, also in a look-up by username", BILLING.id, true, BILLING],
    ["not by username in other letters", "Billing", true, {}],
    ["not by custom_id", "c-17", true, {}],
    ["not by the id of an unknown Consumer", "00000000-0000-4000-8000-000000000000", false, {}],
  ])("%s", (_what, id, byUsername, expected) => {
    expect(scene().load(id, byUsername)).toEqual(expected);
  });

  it("and throws for an id in a wrong form", () => {
    expect(() => scene().load("billing", false)).toThrow("not a uuid");
  });
});

describe("the authenticated caller in the sandbox", () => {
  const set = (k: string, v: object): Uint8Array => KVMessage.encode({ k, v });
  const withId = (id: string): object => ({ structValue: { fields: { id: { stringValue: id } } } });

  it("is empty at first", () => {
    const { consumer, credential } = scene();
    expect([consumer(), credential()]).toEqual([{}, {}]);
  });

  it("comes from authenticate, but not without a name", () => {
    const { call, consumer, credential } = scene();
    const args = { consumer: BILLING, credential: { id: "alice", consumerId: BILLING.id } };
    call("kong.client.authenticate", AuthenticateArgsMessage.encode(args));
    expect([consumer(), credential()]).toEqual([args.consumer, args.credential]);
    expect(() => call("kong.client.authenticate")).toThrow("either credential or consumer");
  });

  it("comes from nginx's context, where an empty value counts as absent", () => {
    const { call, consumer, credential } = scene();
    call("kong.nginx.set_ctx", set("authenticated_consumer", withId("1")));
    call("kong.nginx.set_ctx", set("authenticated_credential", withId("alice")));
    expect([consumer(), credential()]).toEqual([{ id: "1" }, { id: "alice" }]);
    call("kong.nginx.set_ctx", set("authenticated_consumer", {}));
    call("kong.ctx.shared.set", set("authenticated_groups", { listValue: {} }));
    expect([consumer(), credential()]).toEqual([{}, { id: "alice" }]);
    call("kong.nginx.set_ctx", set("authenticated_credential", {}));
    expect(credential()).toEqual({});
  });
});
