import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { keepSocket } from "../../../../plugin/server/process/listen.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

it("a reason that stays is logged once, and again if the socket was served in between", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const log: string[] = [];
  let tries = 0;
  const listen = async (): Promise<void> => {
    tries += 1;
    if (tries !== 3) {
      throw new Error("no space");
    }
  };
  const path = join(temporaryFolder(onTestFinished), "s");
  keepSocket(
    () => false,
    path,
    listen,
    (line) => log.push(line),
  );
  for (let look = 1; look <= 5; look += 1) {
    await vi.advanceTimersByTimeAsync(500);
    // This check has ended. The interval of 0 does not move the fake clock to the next check.
    await expect.poll(() => [tries, vi.getTimerCount()], { interval: 0 }).toEqual([look, 1]);
  }
  const served = `no process listened on the socket ${path} any more, so this process listens on it again`;
  expect(log).toEqual(["cannot listen: no space", served, "cannot listen: no space"]);
});
