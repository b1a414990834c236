import { expect, it } from "vitest";
import { type InlineEntity, LastGoodVersions } from "../../../plugin/runtime/versions/last-good.ts";
import { AUDIENCE, compileDocument, ISSUER, policyDocument } from "../../core/fixtures.ts";

const entity: InlineEntity = { pluginId: "p", sequence: 1, workspace: "w", routeId: "r", serviceId: undefined };
const policy = compileDocument(policyDocument({ issuer: ISSUER, audiences: [AUDIENCE] }));

it("forgets an entity when its last instance has ended and its last good version is released, and not earlier", () => {
  const versions = new LastGoodVersions();
  const [first, second] = [{}, {}];
  versions.note(first, entity, { policy, hash: "a", order: 1 });
  versions.note(second, entity, { policy, hash: "b", order: 2 });
  const held = versions.hold(entity, undefined);
  versions.drop(first);
  versions.drop(second);
  expect([versions.entityCount, held?.hash]).toEqual([1, "b"]);
  held?.release();
  expect([versions.entityCount, versions.hold(entity, undefined)]).toEqual([0, undefined]);
});

it("keeps only the newer version if an instance gets another version", () => {
  const versions = new LastGoodVersions();
  const instance = {};
  versions.note(instance, entity, { policy, hash: "a", order: 1 });
  versions.note(instance, entity, { policy, hash: "b", order: 1 });
  versions.drop(instance);
  expect(versions.entityCount).toBe(0);
});
