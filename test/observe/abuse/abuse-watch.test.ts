import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAllow, createDeny } from "../../../plugin/core/model/decision.ts";
import type { Denial, Reason } from "../../../plugin/core/model/denial.ts";
import { row } from "../../row.ts";
import { createWatch, type WatchScene, watchedEvent } from "./settings.ts";

const EVIDENCE = { policy: "payments", rule: "read", issuer: "acme", kid: "1" };
const ALLOW = createAllow({ headers: {} }, EVIDENCE);
const deny = (reason: Reason) => createDeny({ reason } as Denial, EVIDENCE);
const [HOME, THIEF] = ["203.0.113.7", "198.51.100.9"];
const SIGNED = new TextEncoder().encode("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9");
const use = (scene: WatchScene, client: string, changes = {}): void =>
  scene.watch.note(ALLOW, watchedEvent(client, { signed: SIGNED, ...changes }));

/** Two clients use the token for half a minute. */
function share(scene: WatchScene, changes = {}): void {
  for (let second = 0; second < 30; second += 1) {
    scene.nowMs += 1_000;
    use(scene, second % 2 === 0 ? HOME : THIEF, changes);
  }
}

describe("an alarm", () => {
  it("is one line for the operator, one for the decision log and one count, with a pseudonym", () => {
    const scene = createWatch();
    share(scene);
    expect(scene.lines).toHaveLength(1);
    expect(scene.lines[0]).toMatch(
      /^abuse: clients in different networks use one token at the same time: kind=shared_token policy=payments rule=read issuer=acme subject_hmac=[\w-]{16} subject_key=[0-9a-f]{8} networks=2 returns=3 request_id=f811920ab33f697a25ae5c736ec13e7e next="Find out who uses the token/,
    );
    expect(scene.alarms).toEqual([
      {
        ...{ kind: "shared_token", policy: "payments", rule: "read", issuer: "acme", reason: undefined },
        subject: { hmac: expect.stringMatching(/^[\w-]{16}$/), key: expect.stringMatching(/^[0-9a-f]{8}$/) },
        ...{ networks: 2, returns: 3, request_id: "f811920ab33f697a25ae5c736ec13e7e" },
      },
    ]);
    expect(scene.watch.status().alarms).toEqual([
      { kind: "shared_token", policy: "payments", rule: "read", issuer: "acme", alarms: 1 },
    ]);
    expect(JSON.stringify([scene.lines, scene.alarms, scene.watch.status()])).not.toMatch(/alice|203\.0|198\.51|eyJ/);
  });

  it.each<[kind: string, act: (scene: WatchScene) => void]>([
    row("failing_subject", (scene) => {
      for (let count = 0; count < 300; count += 1) {
        scene.watch.note(deny("scope_insufficient"), watchedEvent(HOME));
      }
    }),
    row("unknown_keys", (scene) => {
      for (let count = 0; count < 100; count += 1) {
        scene.watch.note(deny("key_not_found"), watchedEvent(HOME, { signed: undefined, claims: undefined }));
      }
    }),
    row("long_lifetime", (scene) => {
      for (let count = 0; count <= 1_000; count += 1) {
        const claims = { sub: "alice", iat: 0, exp: count < 1_000 ? 900 : 1e6 };
        scene.watch.note(ALLOW, watchedEvent(HOME, { signed: new Uint8Array([count, count >> 8]), claims }));
      }
    }),
    row("denial_rate", (scene) => {
      for (let window = 0; window < 22; window += 1) {
        for (let count = 0; count < 250; count += 1) {
          scene.nowMs += 100;
          scene.watch.note(
            window < 20 ? ALLOW : deny("token_missing"),
            watchedEvent(undefined, { signed: undefined, claims: undefined }),
          );
        }
      }
    }),
  ])("%s is raised once, and not at all if the detector is off", (kind, act) => {
    const scene = createWatch();
    act(scene);
    expect(scene.alarms.map((alarm) => alarm.kind)).toEqual([kind]);
    const name = `${kind === "unknown_keys" ? kind : `${kind}s`}`;
    const off = createWatch({ [name]: { enabled: false } });
    act(off);
    expect(off.alarms).toEqual([]);
  });

  it("is not raised because of the plugin's own failures, or of tokens that it refuses itself", () => {
    const scene = createWatch();
    for (let count = 0; count < 2_000; count += 1) {
      scene.nowMs += 100;
      scene.watch.note(count < 1_000 ? ALLOW : deny("token_refused"), watchedEvent(HOME));
      scene.watch.note(deny("overloaded"), watchedEvent(HOME));
    }
    expect(scene.alarms.filter(({ kind }) => kind === "failing_subject")).toEqual([]);
  });

  it("about many tokens writes a limited number of lines, and counts the others", () => {
    const scene = createWatch({ limits: { lines_per_minute: 5 } });
    for (let token = 0; token < 50; token += 1) {
      for (let network = 0; network < 6; network += 1) {
        use(scene, `${network + 1}.0.0.1`, { signed: new Uint8Array([token]) });
      }
    }
    expect(scene.lines.length).toBeLessThanOrEqual(3);
    expect(scene.watch.status().alarms[0]?.alarms).toBe(50);
    scene.nowMs += 60_000;
    for (let network = 0; network < 6; network += 1) {
      use(scene, `${network + 1}.0.0.1`, { signed: new Uint8Array([99]) });
    }
    expect(scene.lines.at(-1)).toContain(`alarms_left_out=${50 - (scene.lines.length - 1)} `);
  });
});

describe("a shared token", () => {
  it("is refused only if the settings say so, and for their time", () => {
    const reported = createWatch();
    share(reported);
    expect(reported.watch.isRefused(SIGNED)).toBe(false);
    const scene = createWatch({ shared_tokens: { on_abuse: "refuse_token", refuse_for: "2m" } });
    const told: boolean[] = [];
    scene.watch.onRefuse((isInGuard) => told.push(isInGuard));
    share(scene);
    expect([scene.watch.isRefused(SIGNED), scene.watch.isRefused(new Uint8Array([1]))]).toEqual([true, false]);
    expect(scene.lines[0]).toContain("refused_seconds=120");
    expect(told).toEqual([true]);
    expect(scene.watch.status().refusedTokens).toBe(1);
    scene.nowMs += 120_000;
    expect([scene.watch.isRefused(SIGNED), scene.watch.status().refusedTokens]).toEqual([false, 0]);
  });

  it("is recognised as the same token with another valid signature", () => {
    // Only the signed text identifies the token, and the watch never sees the signature.
    const scene = createWatch({ shared_tokens: { on_abuse: "refuse_token" } });
    share(scene);
    expect(scene.watch.isRefused(Uint8Array.from(SIGNED))).toBe(true);
  });

  it("is not found if its clients are in one group of networks", () => {
    const scene = createWatch({ shared_tokens: { shared_networks: { ours: [HOME, "198.51.100.0/24"] } } });
    share(scene);
    expect(scene.alarms).toEqual([]);
  });

  it("is suspect while it is refused, even if only one client is left", () => {
    const scene = createWatch({ shared_tokens: { on_abuse: "refuse_token", refuse_for: "1h" } });
    share(scene);
    const token = scene.watch.remember({ signed: SIGNED });
    scene.nowMs += 600_000;
    expect(token && scene.watch.isSuspect(token, HOME)).toBe(true);
  });

  it("whose subject is too long or not a string is reported without a subject", () => {
    for (const sub of ["x".repeat(257), 7, undefined]) {
      const scene = createWatch();
      share(scene, { claims: sub === undefined ? {} : { sub } });
      expect(scene.lines[0]).not.toContain("subject");
    }
  });
});

it("the watch uses at most 8 MB and never throws, whatever clients and issuers send", () => {
  const scene = createWatch({ shared_tokens: { on_abuse: "refuse_token", networks: 2 } });
  const reasons: readonly Reason[] = ["key_not_found", "token_expired", "condition_unmet", "issuer_untrusted"];
  let count = 0;
  const request = fc.record({
    names: fc.record({ policy: fc.string(), rule: fc.string(), issuer: fc.string() }),
    claims: fc.dictionary(fc.constantFrom("sub", "iat", "exp"), fc.oneof(fc.jsonValue(), fc.double())),
    client: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
    reason: fc.constantFrom(undefined, ...reasons),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 50, maxLength: 100 }), (requests) => {
      for (const { names, claims, client, reason } of requests) {
        for (let copy = 0; copy < 20; copy += 1) {
          count += 1;
          scene.nowMs += 10;
          const evidence = { ...names, policy: `${names.policy}${copy}` };
          const outcome =
            reason === undefined ? createAllow({ headers: {} }, evidence) : createDeny({ reason } as Denial, evidence);
          const signed = new Uint8Array(new Uint32Array([count >> 1]).buffer);
          scene.watch.note(outcome, watchedEvent(`${client}${copy}`, { signed, claims: claims as never }));
          scene.watch.note(outcome, watchedEvent(`${copy}.2.3.4`, { signed, claims: claims as never }));
        }
      }
      expect(scene.watch.status().bytes).toBeLessThanOrEqual(8_000_000);
    }),
    { numRuns: 30 },
  );
  expect(count).toBeGreaterThan(30_000);
  expect(scene.lines.filter((line) => line.includes("could not be watched"))).toEqual([]);
});

it("a defect of the watch is reported once, and reaches no request", () => {
  const scene = createWatch();
  const broken = watchedEvent(HOME, {
    readClient() {
      throw new Error("broken");
    },
  });
  scene.watch.note(ALLOW, broken);
  scene.watch.note(ALLOW, broken);
  expect(scene.lines).toEqual([expect.stringContaining("could not be watched")]);
});
