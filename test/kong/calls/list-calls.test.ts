import { expect, it } from "vitest";
import type { CallerIdentity } from "../../../plugin/core/model/caller.ts";
import { createAllow, createAnswer, createDeny, isAllow } from "../../../plugin/core/model/decision.ts";
import { listCalls } from "../../../plugin/kong/calls/list-calls.ts";
import type { StockPdk } from "../../../plugin/kong/contract/stock-pdk.ts";
import type { PluginInstance } from "../../../plugin/kong/handler.ts";
import { handleAccess } from "../../../plugin/kong/stock-handler.ts";
import { createOperatorLog } from "../../../plugin/observe/operator-log.ts";
import { encodeOutcome } from "../../../plugin/server/protocol/end-event.ts";
import { splitFrames } from "../../server/protocol/split-frames.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const IDENTITY = { pluginId: "3111686f-61fa-57f7-8919-d96abb8e3836", sequence: 12 };
const GUARD = { nonce: NONCE, instance: IDENTITY };
const FACTS = `3 authorization\nGET /a HTTP/1.1\nhttps 10.0.0.1 10.0.0.1\nBearer x\n${IDENTITY.pluginId} 12 ${NONCE}`;
const EVIDENCE = { policy: "payments", rule: "read" };

const deny = createDeny({ reason: "token_missing" }, EVIDENCE);
const headers = { "x-user-id": "alice" };
const withCaller = (caller: CallerIdentity) => createAllow({ headers, rawQuery: "a=b", caller }, EVIDENCE, deny);
const resource = { metadataUrl: "https://x/y", metadataPath: "/y", metadata: "{}" };

const OUTCOMES: readonly (readonly [what: string, outcome: unknown, methods: readonly string[]])[] = [
  [
    "an Allow with all possible changes",
    withCaller({ consumer: { id: "1", customId: "c" }, credentialId: "alice", groups: ["a"] }),
    [
      "log.warn",
      "client.authenticate",
      "ctx.shared.set",
      "service.request.set_raw_query",
      "service.request.set_headers",
    ],
  ],
  [
    "an Allow with a credential alone",
    withCaller({ consumer: undefined, credentialId: "alice", groups: undefined }),
    [
      ...["log.warn", "nginx.set_ctx", "nginx.set_ctx", "ctx.shared.set", "service.request.set_raw_query"],
      "service.request.set_headers",
    ],
  ],
  ["an Allow that changes nothing", createAllow({ headers: {} }, EVIDENCE), []],
  ["a Deny", deny, ["log.warn", "response.exit"]],
  ["an Answer", createAnswer({ asks: "text", resource }), ["response.exit"]],
  ["a look-alike of an Allow", { verdict: "allow", headers, evidence: EVIDENCE }, ["log.err", "response.exit"]],
  ["no decision", undefined, ["log.err", "response.exit"]],
];

it.each(OUTCOMES)("%s becomes the calls that Kong needs, and the last call decides", (_what, outcome, methods) => {
  expect(listCalls(outcome).map(({ method }) => method)).toEqual(methods.map((method) => `kong.${method}`));
});

it("puts the lines for the operator first, because Kong reads no call after an exit", () => {
  const calls = listCalls(deny, [{ level: "notice", line: "a policy changed" }]);
  expect(calls[0]).toEqual({ method: "kong.log.notice", args: ["jwt-policy: a policy changed"] });
  expect(calls.at(-1)?.method).toBe("kong.response.exit");
});

it.each(OUTCOMES)("with the guard, %s has no exit, and only refusals change", (_what, outcome) => {
  const calls = listCalls(outcome, [], GUARD);
  expect(calls.map(({ method }) => method)).not.toContain("kong.response.exit");
  if (isAllow(outcome)) {
    expect(calls).toEqual(listCalls(outcome));
  } else {
    expect(calls).toEqual([
      {
        method: "kong.service.request.set_headers",
        args: [{ "x-jwt-policy-verdict": expect.stringMatching(/^answered /) }],
      },
    ]);
  }
});

it.each(OUTCOMES)("our server sends the calls of %s in this order", (_what, outcome, methods) => {
  const sent = splitFrames(encodeOutcome(outcome, 1).frames).filter((_frame, index) => index % 2 === 0);
  expect(sent.map(String)).toEqual([...methods.map((method) => `kong.${method}`), ...(isAllow(outcome) ? [""] : [])]);
});

/** A kong-pdk that records its calls and knows the facts of a guarded request. */
function recordingKong(calls: unknown[], fails: (method: string) => boolean = () => false, path = "kong"): StockPdk {
  const call = async (...args: readonly unknown[]): Promise<string | undefined> => {
    if (path === "kong.nginx.get_var") {
      return FACTS;
    }
    calls.push({ method: path, args });
    if (fails(path)) {
      throw new Error("refused");
    }
    return undefined;
  };
  const get = (_call: unknown, name: string) => recordingKong(calls, fails, `${path}.${name}`);
  return new Proxy(call, { get }) as unknown as StockPdk;
}

const handlerOf = (outcome: unknown) => ({
  instance: { access: async () => outcome } as PluginInstance,
  identity: IDENTITY,
  deadlineMs: 5_000,
  log: createOperatorLog(() => {}),
});

it.each(OUTCOMES)("the stock server makes the calls of %s in this order", async (_what, outcome) => {
  const calls: unknown[] = [];
  await handleAccess(recordingKong(calls), handlerOf(outcome));
  expect(calls).toEqual(listCalls(outcome, [], GUARD));
});

const [[, everything, methods] = []] = OUTCOMES;
it.each(methods ?? [])("the stock server sends no verdict if kong.%s fails", async (failing) => {
  const calls: unknown[] = [];
  const handled = handleAccess(
    recordingKong(calls, (method) => method === `kong.${failing}`),
    handlerOf(everything),
  );
  await expect(handled).rejects.toThrow("refused");
  expect(calls).toHaveLength((methods ?? []).indexOf(failing) + 1);
});
