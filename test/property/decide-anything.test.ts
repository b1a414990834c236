import fc from "fast-check";
import { expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { isAllow } from "../../plugin/core/model/decision.ts";
import { denialRow } from "../../plugin/core/model/denial.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { encodeOutcome } from "../../plugin/server/protocol/end-event.ts";
import { createFrameReader } from "../../plugin/server/protocol/frames.ts";
import { anyCharacter } from "../any-character.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { createInlineKeys } from "../core/inline-keys.ts";
import { runsOf } from "../runs.ts";
import { encodeSegment, generateSigningKey, mintToken, signRaw } from "../tokens.ts";

const key = generateSigningKey("ES256", "1");
const policy = compileDocument(
  policyDocument(inlineIssuer([key]), {
    routes: {
      read: { required_scopes: ["read"] },
      maybe: { access: "optional" },
      paths: { operations: [{ methods: ["GET"], path: "/a/{id}" }] },
    },
    header_mappings: { "x-user-id": "sub", "x-roles": "/realm/roles" },
  }),
);
const CLEARED = [...policy.clearedHeaders].sort();
const keys = createInlineKeys();

/** The methods that the plugin server tells Kong to call. Every second frame is a method. */
function callsOf(bytes: Buffer): readonly string[] {
  const frames: string[] = [];
  createFrameReader((frame) => frames.push(frame.toString()))(bytes);
  return frames.filter((_, index) => index % 2 === 0);
}

/** Properties of every decision, for any request. */
async function checkDecision(facts: RequestFacts): Promise<"allow" | "deny"> {
  const decision = await decide(facts, policy, keys, () => NOW);
  if (isAllow(decision)) {
    const { authorization, ...identity } = decision.headers;
    expect(authorization ?? facts.authorization ?? []).toEqual(facts.authorization ?? []);
    expect(Object.keys(identity).sort()).toEqual(CLEARED);
    for (const value of Object.values(identity)) {
      expect(typeof value === "string" ? value : "removed").toMatch(/^[!-~](?:[ -~]*[!-~])?$/);
    }
    return "allow";
  }
  expect(decision).not.toHaveProperty("headers");
  const [log, end, ...more] = callsOf(encodeOutcome(decision, 1).frames);
  expect([log, end, more]).toEqual([expect.stringMatching(/^kong\.log\.(?:warn|err)$/), "kong.response.exit", []]);
  expect(decision.verdict === "deny" && denialRow(decision.denial.reason).status).toBeGreaterThanOrEqual(400);
  return "deny";
}

const anyText = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
);
const segment = fc.oneof(
  fc.json().map(encodeSegment),
  fc.uint8Array({ maxLength: 80 }).map(encodeSegment),
  fc.string({ unit: fc.constantFrom(..."aA0-_=+/. ,"), maxLength: 20 }),
);
const tokenLike = fc.array(segment, { maxLength: 6 }).map((segments) => segments.join("."));
const authorization = fc.oneof(
  fc.constant(undefined),
  anyText,
  anyText.map((text) => `Bearer ${text}`),
  fc.tuple(fc.constantFrom("Bearer ", "bearer  ", "BEARER\t"), tokenLike).map((parts) => parts.join("")),
);
const binding: fc.Arbitrary<RequestFacts["binding"]> = fc.oneof(
  fc.constantFrom("read", "maybe", "paths", "other").map((rule) => ({ by: "rule" as const, rule })),
  fc.record({
    by: fc.constant("route" as const),
    name: fc.option(anyText, { nil: undefined }),
    tags: fc.array(anyText),
  }),
);
const target = fc.oneof(
  anyText,
  anyText.map((text) => `/a/${text}`),
);
const requestLine = fc.option(fc.record({ method: fc.constantFrom("GET", "HEAD", "POST", "get", ""), target }), {
  nil: undefined,
});

it("decides every request without throwing; a Deny has a log line and an answer, and sets no header for the upstream", async () => {
  const connection = fc.oneof(fc.constant(undefined), anyText);
  const facts = fc.record({
    binding,
    requestLine,
    connection,
    authorization,
    headers: fc
      .dictionary(fc.constantFrom("origin", "access-control-request-method", "cookie"), anyText)
      .map((names) => new Map(Object.entries(names))),
    transport: fc.constantFrom("tls", "loopback", "plain"),
    requestId: fc.constant(undefined),
  });
  await fc.assert(
    fc.asyncProperty(facts, async (anyFacts) => void (await checkDecision(anyFacts))),
    { numRuns: runsOf(1500) },
  );
});

it("decides every request with tokens in any source, and forwards no unsigned token", async () => {
  const sources = ["authorization", { header: "x-t" }, { cookie: "__Host-t" }, { query: "t" }];
  const [sourced, withheld] = [true, false].map((forward) =>
    compileDocument(
      policyDocument(inlineIssuer([key]), {
        token: { sources, forward },
        routes: { read: {}, maybe: { access: "optional" }, reported: { mode: "report" } },
      }),
    ),
  );
  const pairs = fc.array(
    fc.oneof(
      anyText,
      fc
        .tuple(fc.constantFrom("__Host-t", "t", "%74", " __Host-t ", "a"), fc.constantFrom("=", "", " ="), tokenLike)
        .map((parts) => parts.join("")),
    ),
    { maxLength: 4 },
  );
  const facts = fc.record({
    binding: fc.constantFrom("read", "maybe", "reported").map((rule) => ({ by: "rule" as const, rule })),
    requestLine: fc.record({
      method: fc.constantFrom("GET", "POST"),
      // No mode lets a request with a # pass, because servers read the path of such a request in different ways.
      target: pairs.map((parts) => `/?${parts.join("&").replaceAll("#", "%23")}`),
    }),
    connection: fc.constant(undefined),
    authorization,
    headers: fc
      .record({ cookie: pairs.map((parts) => parts.join(";")), "x-t": tokenLike }, { requiredKeys: [] })
      .map((names) => new Map(Object.entries(names).filter(([, text]) => text !== ""))),
    transport: fc.constant("tls" as const),
    requestId: fc.constant(undefined),
  });
  const verdicts = new Set<string>();
  await fc.assert(
    fc.asyncProperty(facts, fc.boolean(), async (anyFacts, forward) => {
      const policyOfRun = forward ? sourced : withheld;
      if (!policyOfRun) {
        throw new Error("there are two policies");
      }
      const decision = await decide(anyFacts, policyOfRun, keys, () => NOW);
      verdicts.add(`${anyFacts.binding.rule} ${decision.verdict}`);
      if (!isAllow(decision)) {
        return;
      }
      expect(decision.headers["x-user-id"], "nobody signed anything").toEqual([]);
      if (anyFacts.binding.rule === "maybe" || !forward) {
        const {
          authorization: sent,
          "x-t": own,
          cookie: kept = anyFacts.headers.get("cookie") ?? "",
        } = decision.headers;
        expect([sent, own]).toEqual([[], []]);
        expect(
          String(kept)
            .split(";")
            .map((part) => part.split("=")[0]?.trim()),
        ).not.toContain("__Host-t");
        const query = decision.rawQuery ?? anyFacts.requestLine.target.slice(2);
        expect(new URLSearchParams(query).has("t")).toBe(false);
      }
    }),
    { numRuns: runsOf(1500) },
  );
  expect([...verdicts].sort()).toEqual(["maybe allow", "maybe deny", "read deny", "reported allow"]);
});

it("allows no request without a token that the key signed", async () => {
  await fc.assert(
    fc.asyncProperty(authorization, async (text) => {
      expect(await checkDecision(requestOf(undefined, { authorization: text }))).toBe("deny");
    }),
    { numRuns: runsOf(1500) },
  );
});

it("decides about any signed claims without throwing, and forwards only values that are safe in a header", async () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: anyCharacter }), fc.double());
  const names = ["iss", "aud", "exp", "nbf", "iat", "sub", "scope", "realm", "typ"] as const;
  const changes = fc.dictionary(fc.constantFrom<string>(...names), value, { maxKeys: 3 });
  const roles = fc.option(fc.oneof(value, fc.array(fc.string())), { nil: undefined });
  const verdicts = new Set<string>();
  await fc.assert(
    fc.asyncProperty(changes, roles, async (claims, list) => {
      const token = mintToken({ key, claims: claimsOf({ realm: { roles: list }, ...claims }) });
      verdicts.add(await checkDecision(requestOf(token)));
    }),
    { numRuns: runsOf(600) },
  );
  expect([...verdicts].sort()).toEqual(["allow", "deny"]);
});

it("decides about any signed bytes without throwing", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json().map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, bytes, async (header, payload) => {
      expect(await checkDecision(requestOf(signRaw(key, header, payload)))).toBe("deny");
    }),
    { numRuns: runsOf(500) },
  );
});
