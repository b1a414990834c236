import { describe, expect, it } from "vitest";
import {
  expectServing,
  findServer,
  findServers,
  runLauncher,
  waitForReplacement,
} from "../../test/server/launcher/launcher-scene.ts";
import { createPlace } from "../../test/server/server-process.ts";

/** A launcher takes seven seconds to see that a server hangs. */
describe("a launcher", () => {
  it("kills a server that hangs, and ends", async () => {
    const place = createPlace();
    const launcher = await runLauncher(place);
    process.kill(findServer(place.socket), "SIGSTOP");
    expect(await launcher.ended).toEqual({ code: 1, signal: null });
    expect(launcher.stdout()).toContain("the plugin server does not answer: it is killed");
    expect(findServers(place.socket)).toEqual([]);
  });

  it("finds a server that already hangs, kills it, and starts a new server", async () => {
    const place = createPlace();
    const first = await runLauncher(place);
    const hung = findServer(place.socket);
    first.child.kill("SIGKILL");
    process.kill(hung, "SIGSTOP");
    await runLauncher(place);
    await waitForReplacement(place.socket, hung);
    await expectServing(place);
  });
});
