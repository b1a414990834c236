import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openLogFile, startDecisionLog } from "../../plugin/server/open-decision-log.ts";
import type { ServerProcess } from "../../plugin/server/server-process.ts";
import { silentLog } from "../logs.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const EMITTER: NodeJS.EventEmitter = process;

it("an ending process waits at most a second until the last lines are in the decision log", async () => {
  const directory = temporaryFolder(onTestFinished);
  const [settings, to] = [join(directory, "log.yaml"), join(directory, "decisions.jsonl")];
  writeFileSync(settings, JSON.stringify({ decision_log: 1, to }));
  const opened = (await openLogFile({ decisionLog: settings, launched: undefined })) ?? expect.fail();
  const lastTasks: { readonly maxMs: number; readonly task: () => Promise<void> }[] = [];
  const lifecycle = { beforeExit: (maxMs: number, task: () => Promise<void>) => lastTasks.push({ maxMs, task }) };
  const events = ["SIGUSR2", "exit"].map((event) => ({ event, before: EMITTER.listeners(event) }));
  onTestFinished(() => {
    for (const { event, before } of events) {
      for (const listener of EMITTER.listeners(event).filter((one) => !before.includes(one))) {
        EMITTER.off(event, listener as () => void);
      }
    }
  });
  const decisions = startDecisionLog({ log: silentLog, lifecycle } as unknown as ServerProcess, opened);
  decisions.noteAbuse({ kind: "shared_token" });
  expect(lastTasks.map(({ maxMs }) => maxMs)).toEqual([1_000]);
  await lastTasks[0]?.task();
  expect(readFileSync(to, "utf8")).toMatch(/^\{"decision_log":1,"event":"abuse",.*"kind":"shared_token".*\}\n$/);
});
