import { describe, expect, it } from "vitest";
import type { Sent } from "../world/load.ts";
import { judgedHeader } from "../world/world.ts";
import { assess } from "./assess.ts";

const VALID: Sent = {
  id: "1",
  route: 0,
  kind: "valid",
  subject: "user-0-0",
  startMs: 100,
  endMs: 110,
  status: 200,
  challenge: undefined,
  message: "",
  isBrokenOff: false,
};

const assessOne = (sent: Partial<Sent>, headers?: Readonly<Record<string, string>>) =>
  assess({
    sent: [{ ...VALID, ...sent }],
    arrivalsOf: () => (headers ? [headers] : []),
    judgesOf: () => ["alpha"],
    faultMs: 0,
  });

describe("a request that reached the upstream", () => {
  it("is correct if its token permits it, and if it has the mark and the subject of its own policy", () => {
    const { leaked, judgedByAnother, refusedValid } = assessOne({}, { [judgedHeader("alpha")]: "user-0-0" });
    expect([leaked, judgedByAnother, refusedValid]).toEqual([[], [], {}]);
  });

  it.each(["no_token", "expired", "bad_signature", "other_route", "only_beta"] as const)("leaked with %s", (kind) => {
    expect(assessOne({ kind }, { [judgedHeader("alpha")]: "user-0-0" }).leaked).toHaveLength(1);
  });

  it("leaked if it has no mark, with any token, because no policy judged it", () => {
    expect(assessOne({}, {}).leaked).toHaveLength(1);
  });

  it("was judged by a wrong policy if it has the mark of another policy or another subject", () => {
    expect(assessOne({}, { [judgedHeader("beta")]: "user-0-0" }).judgedByAnother).toHaveLength(1);
    expect(assessOne({}, { [judgedHeader("alpha")]: "user-0-1" }).judgedByAnother).toHaveLength(1);
  });
});

describe("a refusal", () => {
  const refuse = (challenge: string) => assessOne({ kind: "other_route", status: 403, challenge });

  it("is correct if the challenge names the route's own policy and scope", () => {
    expect(refuse('Bearer realm="alpha", scope="alpha:r0"').judgedByAnother).toEqual([]);
  });

  it.each(['realm="beta", scope="beta:r0"', 'realm="alpha", scope="alpha:r1"'])(
    "came from a wrong policy with %s",
    (words) => {
      expect(refuse(`Bearer ${words}`).judgedByAnother).toHaveLength(1);
    },
  );

  it("of a valid request is counted by its status; a missing answer is counted too", () => {
    expect(assessOne({ status: 503, message: "down" }).refusedValid).toEqual({ "503 down": 1 });
    expect(assessOne({ status: 0, message: "ECONNRESET" }).refusedValid).toEqual({ "no answer ECONNRESET": 1 });
  });

  it("of a request whose client left is not counted", () => {
    expect(assessOne({ status: 0, isBrokenOff: true }).refusedValid).toEqual({});
  });
});

describe("recovery", () => {
  const assessAll = (answers: readonly (readonly [startMs: number, status: number])[]) =>
    assess({
      sent: answers.map(([startMs, status]) => ({ ...VALID, startMs, endMs: startMs + 10, status })),
      arrivalsOf: () => [],
      judgesOf: () => ["alpha"],
      faultMs: 1_000,
    }).recoveryMs;

  it("lasts until the first answer after the last failure", () => {
    expect(assessAll([[900, 200], [1_100, 500], [1_200, 200], [1_300, 500], [1_400, 200]])).toBe(410); // biome-ignore format: pairs
  });

  it("reports that no request was lost if none failed after the fault", () => {
    expect(assessAll([[900, 500], [1_100, 200]])).toBe(0); // biome-ignore format: pairs
  });

  it("is undefined if no request succeeded after the last failure", () => {
    expect(assessAll([[1_100, 200], [1_200, 500]])).toBeUndefined(); // biome-ignore format: pairs
  });
});
