import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { checkSettingsFile, openFetcher } from "../../plugin/runtime/fetch-settings.ts";
import { startKeyServer } from "../keys/key-server.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fetch-settings-"));
  file = join(directory, "fetch.yaml");
  return () => rmSync(directory, { recursive: true });
});

describe("a file of settings", () => {
  it("says what its origins are shown, with files beside it, and a changed one counts at the next fetch", async () => {
    const server = await startKeyServer();
    server.answer("/x", ({ headers }, response) => void response.end(JSON.stringify(headers)));
    writeFileSync(
      file,
      `fetch_settings: 1\norigins:\n  ${server.origin}: { headers: { x-api-key: { file: ./key } } }\n`,
    );
    writeFileSync(join(directory, "key"), "first\n");
    const fetchJson = await openFetcher(file);
    const fetchKey = async (): Promise<unknown> =>
      (await fetchJson(`${server.origin}/x`, { timeoutMs: 10_000 })).body["x-api-key"];
    expect(await fetchKey()).toBe("first");
    writeFileSync(join(directory, "key"), "second\n");
    expect(await fetchKey()).toBe("second");
    await server.stop();
  });

  it("is refused for its mistakes, each at its place", async () => {
    writeFileSync(file, "fetch_settings: 1\nca-file: a\nproxy: { url: ftp://a }\n");
    await expect(openFetcher(file)).rejects.toThrow(
      new RegExp(`^${file}:2:1 unknown_key: .*\n${file}:3:15 invalid_value: this text is not a valid proxy url`),
    );
    expect(await checkSettingsFile(file)).toHaveLength(2);
  });

  it("is refused when what it names cannot be used now; where it is only checked, that is elsewhere", async () => {
    writeFileSync(
      file,
      [
        "fetch_settings: 1",
        "ca_file: none.pem",
        "proxy: { url: http://proxy, authorization_file: empty }",
        "origins:",
        "  https://idp.internal:",
        "    ca_file: empty",
        "    client_certificate: { certificate_file: /nowhere/tls.crt, key_file: /nowhere/tls.key }",
        "    headers: { x-a: { file: /nowhere/a } }",
      ].join("\n"),
    );
    writeFileSync(join(directory, "empty"), "");
    const failure = await openFetcher(file).catch((error: Error) => error.message);
    expect(String(failure).replaceAll(directory, "").split("\n")).toEqual([
      "/fetch.yaml:2:10 file_unreadable: /none.pem cannot be read: ENOENT.",
      "/fetch.yaml:3:49 file_unreadable: /empty must contain one line of visible ASCII, as the value of a header.",
      "/fetch.yaml:6:14 file_unreadable: /empty contains no certificate in PEM, or a broken certificate.",
      "/fetch.yaml:7:25 file_unreadable: /nowhere/tls.crt cannot be read: ENOENT.",
      "/fetch.yaml:8:29 file_unreadable: /nowhere/a cannot be read: ENOENT.",
    ]);
    expect(await checkSettingsFile(file)).toEqual([]);
  });

  it.each<[what: string, prepare: () => void, message: RegExp]>([
    ["is not there", () => {}, /^\S+:1:1 file_unreadable: The fetch settings cannot be read: ENOENT/],
    ["is no settings", () => appendFileSync(file, "jwt_policy: 1\n"), /^\S+:1:1 (?:missing|unknown)_key/],
    ["is too large", () => appendFileSync(file, "#".repeat(300_000)), /^\S+:1:1 document_too_large/],
  ])("is refused when it %s", async (_what, prepare, message) => {
    prepare();
    await expect(openFetcher(file)).rejects.toThrow(message);
    expect(await checkSettingsFile(file)).not.toEqual([]);
  });
});
