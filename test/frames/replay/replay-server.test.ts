import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../temporary-folder.ts";
import { fixTimes, writePolicies } from "../record/record-frames.ts";
import { startPluginServer } from "../record/recorded-server.ts";
import { type Frame, isUpdating, loadRecording } from "../record/recording.ts";
import { SCENARIOS } from "../scenarios.ts";
import { replayToServer } from "./replay-to-server.ts";

describe.skipIf(isUpdating)("the plugin server answers the frames of a real Kong as recorded, byte by byte", () => {
  const { conversations } = loadRecording();
  const said = new Map<string, readonly Frame[]>();
  const directory = temporaryFolder();

  beforeAll(async () => {
    const policyRoot = join(directory, "policies");
    const socket = join(directory, "server.socket");
    await writePolicies(policyRoot);
    for (const which of ["first", "second"] as const) {
      const server = await startPluginServer(which, socket, policyRoot);
      for (const { name } of SCENARIOS.filter((scenario) => scenario.server === which)) {
        const conversation = conversations.find((candidate) => candidate.name === name);
        if (conversation !== undefined) {
          said.set(name, fixTimes(await replayToServer(socket, conversation)));
        }
      }
      await server.stop();
    }
  });

  it.each(conversations)("$name", ({ name, frames }) => {
    expect(said.get(name)).toEqual(frames);
  });

  it("has a conversation for every scenario, in the same order", () => {
    expect(conversations.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
  });
});
