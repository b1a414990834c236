import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compactVerify } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { defaultKeyDirectory, readKey, takeKey } from "../../../sandbox/stand-in/key-directory.ts";
import { signToken } from "../../../sandbox/stand-in/sign-token.ts";
import { row } from "../../row.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const makeHome = (): string => temporaryFolder(onTestFinished);

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("the sandbox's keys", () => {
  it("are in the user's cache directory, and not in the project", () => {
    expect(defaultKeyDirectory({ XDG_CACHE_HOME: "/c" })).toBe("/c/kong-jwt-policy/stand-in-keys");
    expect(defaultKeyDirectory({ XDG_CACHE_HOME: "relative" })).toMatch(
      /^\/.*\/\.cache\/kong-jwt-policy\/stand-in-keys$/,
    );
  });

  it.each(["ES256", "ES512", "EdDSA", "PS256", "HS256"])(
    "sign valid tokens with %s, under a kid that marks the keys",
    async (algorithm) => {
      const directory = join(makeHome(), "a", "keys");
      const key = await takeKey(directory, algorithm);
      const token = await signToken(key, "at+jwt", { sub: "alice" });
      const { payload, protectedHeader } = await compactVerify(token, key.verifyingKey);
      expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ sub: "alice" });
      expect(protectedHeader).toEqual({ alg: algorithm, kid: key.kid, typ: "at+jwt" });
      expect(key.kid).toMatch(new RegExp(`^kong-jwt-policy-stand-in-${algorithm}-[0-9a-f]{12}$`));
    },
  );

  it("are readable only by their user, and stay the same", async () => {
    const directory = join(makeHome(), "keys");
    const { kid } = await takeKey(directory, "ES256");
    expect([modeOf(directory), modeOf(join(directory, "ES256.json"))]).toEqual(["700", "600"]);
    expect((await takeKey(directory, "ES256")).kid).toBe(kid);
    expect(readKey(directory, "ES256")?.kid).toBe(kid);
    expect(readKey(directory, "ES384")).toBeUndefined();
  });

  it("are the same for two processes that make them at once, and no draft is left behind", async () => {
    const directory = join(makeHome(), "keys");
    const keys = await Promise.all([
      takeKey(directory, "ES256"),
      takeKey(directory, "ES256"),
      takeKey(directory, "ES256"),
    ]);
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
    expect(readdirSync(directory)).toEqual(["ES256.json"]);
  });

  it("differ from user to user", async () => {
    const [one, other] = [await takeKey(join(makeHome(), "k"), "ES256"), await takeKey(join(makeHome(), "k"), "ES256")];
    expect(one.kid).not.toBe(other.kid);
    expect(one.verifyingKey.equals(other.verifyingKey)).toBe(false);
  });
});

describe("an unsafe key directory is refused, and the message says what to do", () => {
  it.each<[title: string, message: RegExp, spoil: (directory: string, file: string) => void]>([
    row("others can read a key", /other users can use .*ES256\.json: run chmod 600/, (_, file) =>
      chmodSync(file, 0o644),
    ),
    row("others can list the directory", /other users can use .*: run chmod 700/, (directory) =>
      chmodSync(directory, 0o755),
    ),
    row("a key is a link", /must not be a link/, (_, file) => {
      writeFileSync(`${file}.real`, readFileSync(file), { mode: 0o600 });
      rmSync(file);
      symlinkSync(`${file}.real`, file);
    }),
    row("a key is damaged", /is not a key of the sandbox .*: delete the file/, (_, file) =>
      writeFileSync(file, "{", { mode: 0o600 }),
    ),
    row("a key is somebody else's", /it is another key/, (_, file) =>
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), kid: "prod-1" })),
    ),
  ])("%s", async (_, message, spoil) => {
    const directory = join(makeHome(), "keys");
    await takeKey(directory, "ES256");
    spoil(directory, join(directory, "ES256.json"));
    await expect(takeKey(directory, "ES256")).rejects.toThrow(message);
  });

  it("a directory that other users can write to, before the first key", async () => {
    const directory = join(makeHome(), "keys");
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    await expect(takeKey(directory, "ES256")).rejects.toThrow(/other users can use/);
    expect(readdirSync(directory)).toEqual([]);
  });
});
