import { describe, expect, it } from "vitest";
import type { CallerIdentity } from "../../../plugin/core/model/caller.ts";
import { createAllow, createAnswer, createDeny } from "../../../plugin/core/model/decision.ts";
import { DENIALS, type Denial, type Reason } from "../../../plugin/core/model/denial.ts";
import { encodePdkCall } from "../../../plugin/server/protocol/encode-call.ts";
import { encodeFailure, encodeOutcome, encodeUnknownInstance } from "../../../plugin/server/protocol/end-event.ts";
import {
  type AuthenticateArgs,
  AuthenticateArgsMessage,
  ExitArgsMessage,
  KVMessage,
  ListValueMessage,
  type MessageType,
  RpcReturnMessage,
  StringMessage,
  StructMessage,
  structToHeaders,
  type Value,
} from "../../../plugin/server/protocol/messages.ts";
import { row } from "../../row.ts";
import { splitFrames } from "./split-frames.ts";

type Call = readonly [method: string, message: Pick<MessageType<unknown>, "decode">, args: unknown];
const EVIDENCE = { policy: "payments", rule: "read" };

const isEmpty = (frame: Buffer): boolean => frame.byteLength === 0;

describe("the frames of an Allow", () => {
  it("without headers are an empty frame and the RpcReturn, to which Kong does not reply", () => {
    const { frames, repliesToDrop } = encodeOutcome(createAllow({ headers: {} }, EVIDENCE), 7);
    const [end, rpcReturn, ...rest] = splitFrames(frames);
    expect(end).toEqual(Buffer.alloc(0));
    expect(RpcReturnMessage.decode(rpcReturn ?? Buffer.alloc(0))).toEqual({ sequence: 7 });
    expect([rest, repliesToDrop]).toEqual([[], 0]);
  });

  it("with headers set and remove them first, to which Kong replies once", () => {
    const { frames, repliesToDrop } = encodeOutcome(
      createAllow({ headers: { "x-user-id": "alice", "x-role": [] } }, EVIDENCE),
      7,
    );
    const [method, args, end, rpcReturn, ...rest] = splitFrames(frames);
    expect(method?.toString()).toBe("kong.service.request.set_headers");
    expect(structToHeaders(StructMessage.decode(args ?? Buffer.alloc(0)))).toEqual(
      new Map([
        ["x-user-id", ["alice"]],
        ["x-role", []],
      ]),
    );
    expect(end).toEqual(Buffer.alloc(0));
    expect(RpcReturnMessage.decode(rpcReturn ?? Buffer.alloc(0))).toEqual({ sequence: 7 });
    expect([rest, repliesToDrop]).toEqual([[], 1]);
  });

  it("with a changed query set the query before the headers, even if it is empty", () => {
    const allow = createAllow({ headers: { "x-user-id": "alice" }, rawQuery: "" }, EVIDENCE);
    const { frames, repliesToDrop } = encodeOutcome(allow, 7);
    const [method, args, next] = splitFrames(frames);
    expect(method?.toString()).toBe("kong.service.request.set_raw_query");
    expect(StringMessage.decode(args ?? Buffer.from("none")).v ?? "").toBe("");
    expect(next?.toString()).toBe("kong.service.request.set_headers");
    expect(repliesToDrop).toBe(2);
  });

  const consumer = { id: "1", username: "billing", customId: "c", createdAt: 3, tags: ["t"] };
  const authenticate = (args: AuthenticateArgs): Call => ["kong.client.authenticate", AuthenticateArgsMessage, args];
  const setContext = (name: string, v: Value): Call => ["kong.nginx.set_ctx", KVMessage, { k: name, v }];
  const nobody = setContext("authenticated_consumer", {});
  const setGroups = (v: Value): Call => ["kong.ctx.shared.set", KVMessage, { k: "authenticated_groups", v }];
  const groups = setGroups({ listValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } });
  /** Sets nil: another plugin's groups are gone. */
  const noGroups = setGroups({});
  it.each<[what: string, caller: CallerIdentity, calls: Call[]]>([
    row("a Consumer with a credential and groups", { consumer, credentialId: "alice", groups: ["a", "b"] }, [
      authenticate({ consumer, credential: { id: "alice", consumerId: "1" } }),
      groups,
    ]),
    row("a Consumer that has an id only", { consumer: { id: "1" }, credentialId: "1", groups: undefined }, [
      authenticate({ consumer: { id: "1" }, credential: { id: "1", consumerId: "1" } }),
      noGroups,
    ]),
    row(
      "a credential, in place of a Consumer that another plugin set",
      { consumer: undefined, credentialId: "alice", groups: undefined },
      [
        nobody,
        setContext("authenticated_credential", { structValue: { fields: { id: { stringValue: "alice" } } } }),
        noGroups,
      ],
    ),
    row(
      "no caller, in place of everything that another plugin set",
      { consumer: undefined, credentialId: undefined, groups: undefined },
      [nobody, setContext("authenticated_credential", {}), noGroups],
    ),
    row(
      "only groups, in place of the caller that another plugin set",
      { consumer: undefined, credentialId: undefined, groups: ["a", "b"] },
      [nobody, setContext("authenticated_credential", {}), groups],
    ),
    row("no groups at all", { consumer: undefined, credentialId: undefined, groups: [] }, [
      nobody,
      setContext("authenticated_credential", {}),
      setGroups({ listValue: {} }),
    ]),
  ])("with %s send them before the headers, so that a failed call ends the request", (_what, caller, calls) => {
    const allow = createAllow({ headers: { "x-user-id": "alice" }, caller }, EVIDENCE);
    const { frames, repliesToDrop } = encodeOutcome(allow, 7);
    const split = splitFrames(frames);
    const found = calls.map(([, message], index) => [
      split[2 * index]?.toString(),
      message.decode(split[2 * index + 1] ?? Buffer.alloc(0)),
    ]);
    expect(found).toEqual(calls.map(([method, , args]) => [method, args]));
    const [method, , end, , ...rest] = split.slice(2 * calls.length);
    expect([method?.toString(), end, rest]).toEqual(["kong.service.request.set_headers", Buffer.alloc(0), []]);
    expect(repliesToDrop).toBe(calls.length + 1);
  });

  it("log first which request would have been refused, in report mode", () => {
    const reported = createDeny({ reason: "token_missing" }, EVIDENCE);
    const { frames, repliesToDrop } = encodeOutcome(createAllow({ headers: { "x-role": [] } }, EVIDENCE, reported), 7);
    const [log, line, setHeaders, , end] = splitFrames(frames);
    expect([log, setHeaders].map(String)).toEqual(["kong.log.warn", "kong.service.request.set_headers"]);
    expect(String(line)).toContain("jwt-policy would have denied the request: reason=token_missing status=401");
    expect([end, repliesToDrop]).toEqual([Buffer.alloc(0), 2]);
  });

  it("keep a sequence beyond 32 bits", () => {
    const { frames } = encodeOutcome(createAllow({ headers: {} }, EVIDENCE), 2 ** 33 + 1);
    expect(RpcReturnMessage.decode(splitFrames(frames)[1] ?? Buffer.alloc(0))).toEqual({ sequence: 2 ** 33 + 1 });
  });
});

describe("the frames of a Deny", () => {
  const denialOf = (reason: Reason): Denial =>
    ({ reason, requiredScopes: ["read"], acrValues: ["gold"], retryAfterSeconds: 3 }) as unknown as Denial;

  it.each(Object.entries(DENIALS).map(([reason, { status }]) => ({ reason: reason as Reason, status })))(
    "$reason: a line at a level that Kong shows, an exit with $status, no empty method, no end",
    ({ reason, status }) => {
      const { frames, repliesToDrop } = encodeOutcome(createDeny(denialOf(reason), EVIDENCE), 7);
      const [logMethod, logArgs, exitMethod, exitArgs, ...rest] = splitFrames(frames);
      expect(logMethod?.toString()).toBe(status >= 500 ? "kong.log.err" : "kong.log.warn");
      const [line] = ListValueMessage.decode(logArgs ?? Buffer.alloc(0)).values ?? [];
      expect(line?.stringValue).toContain(`reason=${reason} status=${status}`);
      expect(exitMethod?.toString()).toBe("kong.response.exit");
      const exit = ExitArgsMessage.decode(exitArgs ?? Buffer.alloc(0));
      expect(exit.status).toBe(status);
      expect(structToHeaders(exit.headers ?? {}).get("Cache-Control")).toEqual(["no-store"]);
      expect([rest, repliesToDrop]).toEqual([[], 1]);
    },
  );
});

it("the frames of an Answer are only an exit: no log line, no end, and no reply of Kong", () => {
  const resource = { metadataUrl: "https://x/y", metadataPath: "/y", metadata: '{"resource":"x"}' };
  const { frames, repliesToDrop } = encodeOutcome(createAnswer({ asks: "text", resource }), 7);
  const [method, args, ...rest] = splitFrames(frames);
  expect(method?.toString()).toBe("kong.response.exit");
  const { status, body } = ExitArgsMessage.decode(args ?? Buffer.alloc(0));
  expect([status, Buffer.from(body ?? []).toString()]).toEqual([200, resource.metadata]);
  expect([rest, repliesToDrop]).toEqual([[], 0]);
});

describe("with a guard that waits for the outcome", () => {
  const guard = { nonce: "0".repeat(32), instance: { pluginId: "p", sequence: 1 } };

  it.each<[what: string, outcome: unknown, status: number]>([
    ["a Deny", createDeny({ reason: "token_missing" }, EVIDENCE), 401],
    [
      "an Answer",
      createAnswer({ asks: "text", resource: { metadataUrl: "https://x/y", metadataPath: "/y", metadata: "{}" } }),
      200,
    ],
    ["no decision", undefined, 500],
  ])("the frames of %s are one header with the answer, and an end", (_what, outcome, status) => {
    const { frames, repliesToDrop } = encodeOutcome(outcome, 7, [], guard);
    const [method, args, end, returned, ...rest] = splitFrames(frames);
    expect(String(method)).toBe("kong.service.request.set_headers");
    const [[name, [value = ""]] = ["", []], ...others] = [
      ...structToHeaders(StructMessage.decode(args ?? Buffer.alloc(0))),
    ];
    expect([name, others]).toEqual(["x-jwt-policy-verdict", []]);
    const [word, answer = "", nonce] = value.split(" ");
    expect([word, nonce]).toEqual(["answered", guard.nonce]);
    expect(JSON.parse(Buffer.from(answer, "base64").toString())).toMatchObject({ status });
    expect(end).toEqual(Buffer.alloc(0));
    expect(RpcReturnMessage.decode(returned ?? Buffer.alloc(0))).toEqual({ sequence: 7 });
    expect([rest, repliesToDrop]).toEqual([[], 1]);
  });
});

describe("a failure", () => {
  it.each([
    [
      "about an unknown instance has Kong's own words and an empty argument",
      encodeUnknownInstance(),
      "no plugin instance",
    ],
    ["of another kind has its own text and an empty argument", encodeFailure("jwt-policy failed"), "jwt-policy failed"],
  ])("%s, to which Kong replies nothing", (_what, { frames, repliesToDrop }, text) => {
    expect(splitFrames(frames).map(String)).toEqual([text, ""]);
    expect(repliesToDrop).toBe(0);
  });
});

describe("only our own Allow has an empty frame where Kong reads a method", () => {
  const allow = createAllow({ headers: {} }, EVIDENCE);
  it.each<[what: string, outcome: unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["true", true],
    ["an empty string", ""],
    ["empty bytes", new Uint8Array()],
    ["an empty list", []],
    ["an Error", new Error("x")],
    ["the word", "allow"],
    ["a look-alike", { verdict: "allow", headers: {}, evidence: EVIDENCE }],
    ["a frozen copy", Object.freeze({ ...allow })],
    ["a proxy", new Proxy(allow, {})],
    ["an heir", Object.create(allow)],
    ["a promise of one", Promise.resolve(allow)],
    ["a Deny", createDeny({ reason: "token_missing" }, EVIDENCE)],
  ])("%s", (_what, outcome) => {
    const methods = splitFrames(encodeOutcome(outcome, 1).frames).filter((_frame, index) => index % 2 === 0);
    expect(methods.length).toBeGreaterThan(0);
    expect(methods.some(isEmpty)).toBe(false);
    expect(methods.at(-1)?.toString()).toBe("kong.response.exit");
  });
});

it("writes a PDK call as two frames", () => {
  expect(splitFrames(encodePdkCall("kong.nginx.get_var", Buffer.from([1, 2])))).toEqual([
    Buffer.from("kong.nginx.get_var"),
    Buffer.from([1, 2]),
  ]);
});
