import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { succeed } from "../../plugin/core/model/result.ts";
import { listAbuseFiles } from "../../plugin/runtime/abuse-settings.ts";
import { listDecisionLogFiles } from "../../plugin/runtime/decision-log-settings.ts";
import { listSettingsFiles, readPseudonymSecret, readSettingsFile } from "../../plugin/runtime/read-settings-file.ts";
import { temporaryFolder } from "../temporary-folder.ts";

it.each([
  ["relative to the settings file", (_directory: string) => "secret"],
  ["absolute", (directory: string) => join(directory, "secret")],
])("the secret for pseudonyms has a path that is %s, and at least 32 bytes", async (_what, pathIn) => {
  const directory = temporaryFolder(onTestFinished);
  const file = join(directory, "log.yaml");
  const settings = { secret_file: pathIn(directory) };
  expect(listSettingsFiles(relative(process.cwd(), file), settings)).toEqual([file, join(directory, "secret")]);
  writeFileSync(join(directory, "secret"), "s".repeat(32));
  expect(String(Buffer.from((await readPseudonymSecret(file, settings)) ?? []))).toBe("s".repeat(32));
  writeFileSync(join(directory, "secret"), "s".repeat(31));
  await expect(readPseudonymSecret(file, settings)).rejects.toThrow(/secret: .* 31 bytes, but at least 32 /);
});

it("settings without a secret have none", async () => {
  expect(listSettingsFiles("/etc/log.yaml", {})).toEqual(["/etc/log.yaml"]);
  expect(await readPseudonymSecret("/etc/log.yaml", {})).toBeUndefined();
});

it("a settings file is read as text, and one finding says why it cannot be read", async () => {
  const directory = temporaryFolder(onTestFinished);
  const file = join(directory, "log.yaml");
  expect(await readSettingsFile(file, "decision log settings", succeed)).toMatchObject({
    ok: false,
    failure: [{ code: "file_unreadable", message: expect.stringMatching(/^The decision log settings .* ENOENT/) }],
  });
  writeFileSync(file, "a: ü");
  expect(await readSettingsFile(file, "decision log settings", succeed)).toEqual(succeed("a: ü"));
});

it.each([
  ["decision_log: 1\nto: stdout", listDecisionLogFiles],
  ["abuse: 1", listAbuseFiles],
])(
  "the files of the settings %s are the settings and their secret, as far as the settings can be read",
  async (mark, list) => {
    const file = join(temporaryFolder(onTestFinished), "settings.yaml");
    expect(await list(file)).toEqual([file]);
    writeFileSync(file, `${mark}\npseudonyms: {secret_file: secret}\n`);
    expect(await list(file)).toEqual([file, join(file, "../secret")]);
    writeFileSync(file, `${mark}\npseudonyms: {secret_file: [secret]}\n`);
    expect(await list(file)).toEqual([file]);
  },
);
