import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { checkSettingsFile, openFetcher } from "../../plugin/runtime/fetch-settings.ts";
import { startKeyServer } from "../keys/key-server.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const settingsWithPrefix = (prefix: string): string =>
  JSON.stringify({
    fetch_settings: 1,
    origins: { "https://idp.example": { headers: { authorization: { prefix, file: "token" } } } },
  });

let directory: string;
let file: string;
beforeEach(() => {
  directory = temporaryFolder(onTestFinished);
  file = join(directory, "fetch.yaml");
});

/** Fetches with these header settings of the origin, and returns the header that was sent. */
async function startFetching(headers: string, name: string): Promise<() => Promise<unknown>> {
  const server = await startKeyServer();
  onTestFinished(() => server.stop());
  server.answer("/x", (request, response) => void response.end(JSON.stringify(request.headers)));
  writeFileSync(file, `fetch_settings: 1\norigins:\n  ${server.origin}: { headers: { ${headers} } }\n`);
  const fetchJson = await openFetcher(file);
  return async () => (await fetchJson(`${server.origin}/x`, { timeoutMs: 60_000 })).body[name];
}

describe("a file of settings", () => {
  it("says what the plugin sends to each origin, from files in its directory, and a changed file counts at the next fetch", async () => {
    writeFileSync(join(directory, "key"), "first\n");
    const fetchKey = await startFetching("x-api-key: { file: ./key }", "x-api-key");
    expect(await fetchKey()).toBe("first");
    writeFileSync(join(directory, "key"), "second\n");
    expect(await fetchKey()).toBe("second");
  });

  it("puts a prefix before the file's content, which is read again at each fetch", async () => {
    writeFileSync(join(directory, "token"), "eyJ.old.x\n");
    const fetchHeader = await startFetching('authorization: { prefix: "Bearer ", file: token }', "authorization");
    expect(await fetchHeader()).toBe("Bearer eyJ.old.x");
    writeFileSync(join(directory, "token"), "eyJ.new.x");
    expect(await fetchHeader()).toBe("Bearer eyJ.new.x");
    writeFileSync(join(directory, "token"), "eyJ.new.x\nX-Evil: SECRET");
    const failure = await fetchHeader().catch((error: Error) => error.message);
    expect(failure).toMatch(/token must contain the value of a header: one line of visible ASCII/);
    expect(failure).not.toMatch(/SECRET|eyJ/);
  });

  it.each(["Bearer ", "Token token=", "ApiKey:", "", "Bearer  ", "{"])("accepts prefix %j", async (prefix) => {
    writeFileSync(file, settingsWithPrefix(prefix));
    expect(await checkSettingsFile(file)).toEqual([]);
  });

  it.each(["Bearer", "eyJhbGciOiJFUzI1NiJ9", " Bearer ", "caf\u00e9 ", "a\nb: ", "\u0000 ", `${"a".repeat(32)} `])(
    "refuses prefix %j, which runs into the value, has wrong characters, or is long enough for a secret",
    async (prefix) => {
      writeFileSync(file, settingsWithPrefix(prefix));
      expect(await checkSettingsFile(file)).toEqual([expect.objectContaining({ code: "invalid_value" })]);
    },
  );

  it("is refused for its mistakes, each at its place", async () => {
    writeFileSync(file, "fetch_settings: 1\nca-file: a\nproxy: { url: ftp://a }\n");
    await expect(openFetcher(file)).rejects.toThrow(
      new RegExp(`^${file}:2:1 unknown_key: .*\n${file}:3:15 invalid_value: this string is not a valid proxy url`),
    );
    expect(await checkSettingsFile(file)).toHaveLength(2);
  });

  it("is refused if a named file cannot be used, except when the command only checks the settings", async () => {
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
      "/fetch.yaml:3:49 file_unreadable: /empty must contain the value of a header: one line of visible ASCII.",
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
  ])("is refused if it %s", async (_what, prepare, message) => {
    prepare();
    await expect(openFetcher(file)).rejects.toThrow(message);
    expect(await checkSettingsFile(file)).not.toEqual([]);
  });
});
