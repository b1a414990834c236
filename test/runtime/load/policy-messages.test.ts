import fc from "fast-check";
import { expect, it } from "vitest";
import type { FileIdentity } from "../../../plugin/runtime/load/policy-compiler.ts";
import { LastIdentification } from "../../../plugin/runtime/load/policy-messages.ts";
import { runsOf } from "../../runs.ts";

const versions = (names: readonly string[]): fc.Arbitrary<FileIdentity[]> =>
  fc.tuple(...names.map(() => fc.record({ identity: fc.constantFrom("1", "2"), isMissing: fc.boolean() })));
const identification = fc
  .array(fc.constantFrom("a", "b", "c"), { maxLength: 3 })
  .chain((files) => fc.record({ files: fc.constant(files), identities: versions(files) }));

it("the other thread gets the names and identities of each identification, although the same ones are not sent twice", () => {
  fc.assert(
    fc.property(fc.array(identification), (all) => {
      const [main, thread] = [new LastIdentification(), new LastIdentification()];
      let [lastFiles, lastIdentities] = ["[]", "[]"];
      for (const { files, identities } of all) {
        const sentFiles = main.shortenFiles(files);
        expect(thread.restoreFiles(sentFiles)).toEqual(files);
        expect(sentFiles === undefined).toBe(JSON.stringify(files) === lastFiles);
        const sentIdentities = thread.shortenIdentities(identities);
        expect(main.restoreIdentities(sentIdentities)).toEqual(identities);
        expect(sentIdentities === undefined).toBe(JSON.stringify(identities) === lastIdentities);
        [lastFiles, lastIdentities] = [JSON.stringify(files), JSON.stringify(identities)];
      }
    }),
    { numRuns: runsOf(2_000) },
  );
});
