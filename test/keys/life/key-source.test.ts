import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { CompiledIssuer, CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { fail } from "../../../plugin/core/model/result.ts";
import { createKeySource, type ProcessKeySource } from "../../../plugin/keys/life/key-source.ts";
import { compileDocument, ISSUER, joseHeaderOf, NOW, policyDocument } from "../../core/fixtures.ts";
import { unwrap, valueOrNone } from "../../results.ts";
import { logApart } from "../../runtime/versions/policy-scene.ts";
import { generateSigningKey } from "../../tokens.ts";
import { type KeyServer, keySetOf, startKeyServer, status } from "../key-server.ts";
import { noFiles } from "../store/no-files.ts";

const key = generateSigningKey("ES256", "1");
let server: KeyServer;
let source: ProcessKeySource;
let log: ReturnType<typeof logApart>;
let clock: number;
beforeAll(async () => {
  server = await startKeyServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.answer("/jwks", keySetOf(key));
  clock = NOW * 1000;
  log = logApart();
  source = createKeySource({ now: () => clock, log, files: noFiles });
  return () => source.stop();
});

function compile(changes: Record<string, unknown> = {}): CompiledPolicy {
  const jwks_uri = `${server.origin}/jwks`;
  return compileDocument(policyDocument({ issuer: ISSUER, audiences: ["a"], keys: { jwks_uri }, ...changes }));
}
const issuerOf = (policy: CompiledPolicy): CompiledIssuer => policy.issuers.get(ISSUER) as CompiledIssuer;
async function countFetches(act: () => Promise<unknown>): Promise<number> {
  const before = server.requests.length;
  await act();
  return server.requests.length - before;
}
const find = async (policy: CompiledPolicy): Promise<string | undefined> =>
  valueOrNone(await source.find(issuerOf(policy), joseHeaderOf()))?.issuer;

describe("policies share the keys of an issuer", () => {
  const fetchesOf = (...policies: readonly CompiledPolicy[]): Promise<number> =>
    countFetches(async () => {
      for (const policy of policies) {
        expect(await find(policy)).toBe(ISSUER);
      }
    });

  it("if the policies name the issuer with the same key options, even if other settings differ", async () => {
    const other = compile({ audiences: ["b"], clock_skew: "5m", token_type: "JWT", algorithms: ["PS256", "ES256"] });
    const reordered = compile({ algorithms: ["ES256", "PS256"] });
    expect(await fetchesOf(other, reordered, compile({ algorithms: ["PS256", "ES256"] }))).toBe(1);
  });

  it("but not if the issuer's algorithms or key sources differ", async () => {
    server.answer("/other", keySetOf(key));
    const elsewhere = compile({ keys: { jwks_uri: `${server.origin}/other` } });
    expect(await fetchesOf(compile(), compile({ algorithms: ["ES256"] }), elsewhere)).toBe(3);
  });
});

it("the timer of an issuer keeps no process alive", async () => {
  const countTimers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = countTimers();
  expect(await find(compile())).toBe(ISSUER);
  expect(countTimers()).toBeLessThanOrEqual(before);
});

it("prefetch loads the keys for the first request, which then does not wait", async () => {
  const policy = compile();
  void source.prepare(policy);
  expect(await countFetches(() => find(policy))).toBe(1); // Joins the fetch.
  expect(source.find(issuerOf(policy), joseHeaderOf())).not.toBeInstanceOf(Promise);
});

it("prefetch of a policy that was loaded again does not fetch loaded keys again", async () => {
  const before = server.requests.length;
  void source.prepare(compile());
  await find(compile());
  for (let reload = 0; reload < 5; reload += 1) {
    const reloaded = compile({ audiences: [`${reload}`] });
    void source.prepare(reloaded);
    await source.find(issuerOf(reloaded), joseHeaderOf({ kid: "unknown" })); // Joins a fetch that is under way.
  }
  expect(server.requests.length - before).toBe(1);
});

it("keys of one issuer never verify tokens of another issuer", async () => {
  const foreign = { ...issuerOf(compile()), id: "other", issuer: "https://other.example" };
  expect(await find(compile())).toBe(ISSUER);
  expect(unwrap(await source.find(foreign, joseHeaderOf())).issuer).toBe("https://other.example");
});

describe("issuers whose keys are missing", () => {
  it("are reported by their ids, until the keys are loaded", async () => {
    const policy = compile();
    expect(source.findMissing(policy)).toEqual(["acme"]);
    await source.prepare(policy);
    expect(source.findMissing(policy)).toEqual([]);
  });

  it("are only those whose fetch failed, even if other issuers have keys", async () => {
    server.answer("/down", status(503));
    const at = (path: string) => ({ audiences: ["a"], keys: { jwks_uri: `${server.origin}${path}` } });
    const issuers = {
      up: { issuer: "https://up.example", ...at("/jwks") },
      down: { issuer: "https://down.example", ...at("/down") },
    };
    const policy = compileDocument(policyDocument({}, { issuers, defaults: { accept: ["up", "down"] } }));
    let isReady = false;
    void source.prepare(policy).then(() => {
      isReady = true;
    });
    await expect.poll(() => log.warnings).toHaveLength(1);
    await expect.poll(() => source.findMissing(policy)).toEqual(["down"]);
    expect(isReady).toBe(false);
    server.answer("/down", keySetOf(key));
    clock += 60_000;
    await source.prepare(policy);
    expect(source.findMissing(policy)).toEqual([]);
    await expect.poll(() => isReady).toBe(true);
  });

  it("cause one warning, with issuer and cause; loaded keys cause no warning", async () => {
    server.answer("/jwks", status(503));
    const policy = compile();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      void source.prepare(policy);
      await source.find(issuerOf(policy), joseHeaderOf());
      clock += 60_000;
    }
    expect(log.warnings).toEqual([expect.stringMatching(/^issuer=acme iss=\S+ keys not loaded: .*503/)]);
    server.answer("/jwks", keySetOf(key));
    await source.prepare(policy);
    expect(log.warnings).toHaveLength(1);
    expect(log.infos).toEqual([expect.stringMatching(/^issuer=acme iss=\S+ keys in effect: ES256 "1"$/)]);
  });
});

describe("a request whose keys are missing", () => {
  const advance = async (ms: number): Promise<void> => {
    vi.advanceTimersByTime(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** The provider never answers this request. Only the test moves the timers. */
  beforeEach(() => {
    server.answer("/jwks", () => {});
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    return () => vi.useRealTimers();
  });

  it("waits for five seconds at most", async () => {
    let outcome: unknown;
    void Promise.resolve(source.find(issuerOf(compile()), joseHeaderOf())).then((lookup) => {
      outcome = lookup;
    });
    await advance(4_999);
    expect(outcome).toBeUndefined();
    await advance(1);
    expect(outcome).toEqual(fail({ because: "unavailable", retryAfterSeconds: 1 }));
  });

  it("does not wait if 256 other requests wait", async () => {
    const issuer = issuerOf(compile());
    const waiting = Array.from({ length: 256 }, () => source.find(issuer, joseHeaderOf()));
    expect(await source.find(issuer, joseHeaderOf())).toEqual(fail({ because: "overloaded" }));
    await advance(5_000);
    const outcomes = new Set((await Promise.all(waiting)).map((lookup) => JSON.stringify(lookup)));
    expect([...outcomes]).toEqual([JSON.stringify(fail({ because: "unavailable", retryAfterSeconds: 1 }))]);
  });

  it("may come again after one second if the provider has answered with an error", async () => {
    server.answer("/jwks", status(503));
    const lookup = await source.find(issuerOf(compile()), joseHeaderOf());
    expect(lookup).toEqual(fail({ because: "unavailable", retryAfterSeconds: 1 }));
  });

  it("may come again after one second if the file has no keys, and the file is looked at each second", async () => {
    let looks = 0;
    const identify = async (): Promise<string> => {
      looks += 1;
      return "v1";
    };
    const files = { identify, read: async () => Buffer.from('{"keys":[]}') };
    const fromFile = createKeySource({ now: () => clock, log, files });
    const issuer = issuerOf(compile({ keys: { jwks_files: ["acme.jwks"] } }));
    expect(await fromFile.find(issuer, joseHeaderOf())).toEqual(fail({ because: "unavailable", retryAfterSeconds: 1 }));
    const before = looks;
    await advance(999);
    expect(looks).toBe(before);
    await advance(1);
    expect(looks).toBe(before + 1);
    fromFile.stop();
  });
});

it("a policy whose keys never come causes one wait, even if many requests need it", () => {
  server.answer("/jwks", status(503));
  const policy = compile();
  expect(source.prepare(policy)).toBe(source.prepare(policy));
});

describe("an operator", () => {
  it("can load all keys again, without regard to the cooldown", async () => {
    const policy = compile();
    await source.prepare(policy);
    server.answer("/jwks", keySetOf(generateSigningKey("ES256", "2")));
    expect(await countFetches(() => source.refresh())).toBe(1);
    expect(unwrap(await source.find(issuerOf(policy), joseHeaderOf({ kid: "2" }))).kid).toBe("2");
    expect(source.find(issuerOf(policy), joseHeaderOf({ kid: "1" }))).toEqual(fail({ because: "unknown" }));
  });

  it("sees each issuer once, until it was not needed for a day", async () => {
    const policy = compile();
    await source.prepare(policy);
    await source.prepare(compile({ audiences: ["b"] }));
    const sets = [{ from: "jwks_uri", keys: 1, loadedAt: clock, failures: 0, failure: undefined }];
    expect(source.status()).toMatchObject([{ id: "acme", issuer: ISSUER, sets }]);
    clock += 86_400_001;
    const elsewhere = compile({ algorithms: ["ES256"] });
    await source.prepare(elsewhere);
    expect(source.status()).toMatchObject([{ id: "acme", issuer: ISSUER, sets: [{ ...sets[0], loadedAt: clock }] }]);
    // When the policy is used again, the issuer's keys are available again.
    await source.prepare(policy);
    expect(source.status()).toHaveLength(2);
  });
});

describe("a key that an issuer leaked", () => {
  const leaking = () => {
    const d = key.privateKey.export({ format: "jwk" }).d;
    return { json: { keys: [{ ...key.publicJwk, kid: "x", d }] } };
  };

  it("in one source is refused in all policies that read this source, with any options and other sources", async () => {
    server.answer("/old", keySetOf(key));
    const places = { jwks_uri: `${server.origin}/jwks`, jwks: keySetOf(key).json };
    const both = compile({ algorithms: ["ES256"], keys: places });
    expect([await find(compile()), await find(both)]).toEqual([ISSUER, ISSUER]);
    server.answer("/jwks", leaking());
    await source.refresh();
    expect([await find(compile()), await find(both)]).toEqual([undefined, undefined]);
  });

  it("is refused at the next look-up in a policy that has not loaded the keys since", async () => {
    const other = compile({ algorithms: ["ES256"] });
    expect([await find(compile()), await find(other)]).toEqual([ISSUER, ISSUER]);
    server.answer("/jwks", leaking());
    clock += 30_000;
    expect(await countFetches(async () => source.find(issuerOf(compile()), joseHeaderOf({ kid: "2" })))).toBe(1);
    clock -= 1; // So the other policy may not load the keys yet.
    expect(await countFetches(async () => expect(await find(other)).toBeUndefined())).toBe(0);
  });

  it("is still refused if a policy with another set of sources comes after the search for idle issuers", async () => {
    await find(compile());
    clock += 60_001;
    await source.prepare(compile());
    server.answer("/jwks", leaking());
    await source.refresh();
    server.answer("/jwks", keySetOf(key));
    const later = { jwks_uri: `${server.origin}/jwks`, jwks: keySetOf(key).json };
    expect(await find(compile({ keys: later }))).toBeUndefined();
  });

  it("is not refused because of a source that only another policy reads: any author could name such a source", async () => {
    server.answer("/mine", leaking());
    const mine = compile({ keys: { jwks_uri: `${server.origin}/mine` } });
    expect([await find(mine), await find(compile())]).toEqual([undefined, ISSUER]);
  });

  it("is still another issuer's key, because the two may have different owners", async () => {
    server.answer("/old", keySetOf(key));
    const other = compile({ issuer: "https://other.example", keys: { jwks_uri: `${server.origin}/old` } });
    const otherIssuer = other.issuers.get("https://other.example") as CompiledIssuer;
    server.answer("/jwks", leaking());
    await source.prepare(other);
    await find(compile());
    expect(unwrap(await source.find(otherIssuer, joseHeaderOf())).kid).toBe("1");
  });
});

it("policies with a different order of algorithms share keys only if the order has no effect", async () => {
  const rsa = generateSigningKey("RS256", "r");
  const { alg: _, ...nameless } = rsa.publicJwk;
  server.answer("/jwks", { json: { keys: [nameless] } });
  const bound = async (...algorithms: readonly string[]): Promise<(string | undefined)[]> => {
    const issuer = issuerOf(compile({ algorithms }));
    const found = algorithms.map(async (alg) => source.find(issuer, joseHeaderOf({ alg, kid: "r" })));
    return (await Promise.all(found)).map((one) => valueOrNone(one)?.algorithm);
  };
  expect(await bound("RS256", "RS512")).toEqual(["RS256", undefined]);
  expect(await bound("RS512", "RS256")).toEqual(["RS512", undefined]);
});

describe("an issuer that all policies have dropped", () => {
  const DAY = 86_400_000;
  const MINUTE = 60_000;

  it("is forgotten after a day; the search runs once a minute, because thousands of issuers take long", () => {
    void source.prepare(compile());
    const other = compile({ algorithms: ["ES256"] });
    const countAfter = (ms: number): number => {
      clock += ms;
      void source.prepare(other);
      return source.status().length;
    };
    expect(countAfter(DAY - MINUTE / 2)).toBe(2);
    expect(countAfter(MINUTE - 1)).toBe(2);
    expect(countAfter(1)).toBe(1);
  });
});
