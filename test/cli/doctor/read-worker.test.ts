import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { findWorker } from "../../../cli/doctor/read/read-worker.ts";
import type { KongSettings } from "../../../cli/doctor/settings/read-settings.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const uid = process.getuid?.() ?? -1;
const settingsOf = (nginxUser: string): KongSettings => new Map([["nginx_user", { value: nginxUser, source: "x" }]]);

/** @param pid the content of the file with nginx's process id. */
function createPrefix(pid: string): string {
  const prefix = temporaryFolder(onTestFinished);
  mkdirSync(join(prefix, "pids"));
  writeFileSync(join(prefix, "pids/nginx.pid"), pid);
  return prefix;
}

it.skipIf(process.platform !== "linux")(
  "the workers of a running Kong have its user, or the user in the settings if root has started it",
  () => {
    const prefix = createPrefix(`${process.pid}\n`);
    const found = findWorker(settingsOf("nobody nogroup"), prefix);
    expect(found).toMatchObject({ ok: true, value: uid === 0 ? { name: "nobody" } : { uid } });
  },
);

it.each([
  ["has ended", "999999999"],
  ["wrote something else", "../../etc/passwd"],
  ["wrote nothing", ""],
])("the workers of a Kong that %s have the user that they would get from this user", (_, pid) => {
  const found = findWorker(settingsOf("root"), createPrefix(pid));
  expect(found).toMatchObject({ ok: true, value: { uid } });
});

it("an unknown user in the settings does not count as a user", () => {
  const found = findWorker(settingsOf("no-such-user-here"), "/nowhere");
  expect(found.ok).toBe(uid !== 0);
});
