import { describe, expect, it } from "vitest";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { PolicyVersion, type VersionState } from "../../../plugin/runtime/versions/policy-version.ts";
import { compileDocument } from "../../core/fixtures.ts";
import { policyText } from "./policy-scene.ts";

const LOAD = succeed(compileDocument(policyText("one")));
const STATES = ["broken", "ready", "in effect", "retired"] as const;
const ALLOWED: Readonly<Record<VersionState, readonly VersionState[]>> = {
  newest: ["broken", "ready", "in effect", "retired"],
  broken: ["retired"],
  ready: ["in effect", "retired"],
  "in effect": ["retired"],
  retired: [],
};
const PATHS: Readonly<Record<VersionState, readonly Exclude<VersionState, "newest">[]>> = {
  newest: [],
  broken: ["broken"],
  ready: ["ready"],
  "in effect": ["ready", "in effect"],
  retired: ["in effect", "retired"],
};

function versionIn(state: VersionState): PolicyVersion {
  const version = new PolicyVersion(LOAD);
  for (const step of PATHS[state]) {
    version.become(step);
  }
  return version;
}

describe("a version goes through its states in one direction, and a retired version stays retired", () => {
  const rows = (Object.keys(ALLOWED) as VersionState[]).flatMap((from) => STATES.map((to) => [from, to] as const));
  it.each(rows)("%s → %s", (from, to) => {
    const version = versionIn(from);
    const tryIt = (): VersionState => {
      version.become(to);
      return version.state;
    };
    if (ALLOWED[from].includes(to)) {
      expect(tryIt()).toBe(to);
    } else {
      expect(tryIt).toThrow(`a version that is ${from} cannot become ${to}`);
    }
  });
});

it("a string with mistakes is broken from the start, and has no policy", () => {
  const version = new PolicyVersion(fail([]));
  expect([version.state, version.policy]).toEqual(["broken", undefined]);
});

it("retiring ends the waits for the version, and can be repeated", () => {
  const version = versionIn("ready");
  expect(version.retired.aborted).toBe(false);
  version.retire();
  version.retire();
  expect([version.state, version.retired.aborted]).toEqual(["retired", true]);
});
