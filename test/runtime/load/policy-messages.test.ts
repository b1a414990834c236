import fc from "fast-check";
import { expect, it } from "vitest";
import { type FileIdentity, isSameIdentity } from "../../../plugin/runtime/load/policy-compiler.ts";
import { LastList } from "../../../plugin/runtime/load/policy-messages.ts";
import { runsOf } from "../../runs.ts";

const versions = (names: readonly string[]): fc.Arbitrary<FileIdentity[]> =>
  fc.tuple(...names.map(() => fc.record({ identity: fc.constantFrom("1", "2"), isMissing: fc.boolean() })));
const identification = fc
  .array(fc.constantFrom("a", "b", "c"), { maxLength: 3 })
  .chain((files) => fc.record({ files: fc.constant(files), identities: versions(files) }));

it("the other thread gets the names and identities of each identification, although the same ones are not sent twice", () => {
  fc.assert(
    fc.property(fc.array(identification), (all) => {
      const files = { main: new LastList<string>(), thread: new LastList<string>() };
      const identities = { main: new LastList<FileIdentity>(), thread: new LastList<FileIdentity>() };
      let [lastFiles, lastIdentities] = ["[]", "[]"];
      for (const { files: names, identities: found } of all) {
        const sentFiles = files.main.shorten(names, Object.is);
        expect(files.thread.restore(sentFiles)).toEqual(names);
        expect(sentFiles === undefined).toBe(JSON.stringify(names) === lastFiles);
        const sentIdentities = identities.thread.shorten(found, isSameIdentity);
        expect(identities.main.restore(sentIdentities)).toEqual(found);
        expect(sentIdentities === undefined).toBe(JSON.stringify(found) === lastIdentities);
        [lastFiles, lastIdentities] = [JSON.stringify(names), JSON.stringify(found)];
      }
    }),
    { numRuns: runsOf(2_000) },
  );
});
