import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { KeyOrigin } from "../../plugin/core/policy.ts";
import { createIssuerKeys, type IssuerKeys } from "../../plugin/keys/issuer-keys.ts";
import { createRootFiles } from "../../plugin/runtime/root-files.ts";
import { compileIssuer, joseHeaderOf } from "../core/fixtures.ts";
import { logInto } from "../logs.ts";
import { generateSigningKey, type SigningKey } from "../tokens.ts";
import { CERTIFICATE } from "./certificate.ts";
import { TIMINGS } from "./issuer-scene.ts";
import { keySetOf } from "./key-server.ts";

const first = generateSigningKey("ES256", "1");
const second = generateSigningKey("ES256", "2");
const SET: KeyOrigin = { from: "jwks_file", file: "idp.json" };
const SOON = { timeout: 15_000, interval: 10 };

interface Place {
  readonly keys: IssuerKeys;
  readonly log: readonly string[];
  write(file: string, content: string | Uint8Array): Promise<void>;
  remove(file: string): Promise<void>;
  has(kid: string | undefined, alg?: string): boolean;
}

/** An issuer whose keys lie in files, looked at every 10 ms. */
async function setUp(origins: readonly KeyOrigin[], contents: Record<string, string | Uint8Array>): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), "key-files-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const write = async (file: string, content: string | Uint8Array): Promise<void> => {
    await writeFile(join(root, `${file}.new`), content);
    await rename(join(root, `${file}.new`), join(root, file));
  };
  for (const [file, content] of Object.entries(contents)) {
    await write(file, content);
  }
  const log: string[] = [];
  const issuer = {
    ...compileIssuer({ algorithms: ["ES256"] }),
    algorithms: new Set(["ES256", "HS256"]),
    keys: origins,
  };
  const ports = { now: Date.now, log: logInto(log), files: createRootFiles(root) };
  const keys = createIssuerKeys(issuer, ports, { ...TIMINGS, filePollMs: 10, retryMs: 10 });
  onTestFinished(() => keys.stop());
  void keys.prepare();
  return {
    keys,
    log,
    write,
    remove: (file) => rm(join(root, file)),
    has(kid, alg = "ES256") {
      const lookup = keys.find(joseHeaderOf({ kid, alg }));
      return !(lookup instanceof Promise) && lookup.found !== undefined;
    },
  };
}
const json = (...keys: readonly SigningKey[]): string => JSON.stringify(keySetOf(...keys).json);
const until = (holds: () => boolean): Promise<void> => vi.waitFor(() => expect(holds()).toBe(true), SOON);

describe("keys in files", () => {
  it("of all kinds count together, and are there when every file is", async () => {
    const secret = randomBytes(32);
    const { keys, has, write } = await setUp(
      [
        SET,
        { from: "pem_file", file: "cert.pem", kid: "cert" },
        { from: "secret_file", file: "s.key", kid: "s", encoding: "hex" },
      ],
      { "idp.json": json(first), "cert.pem": CERTIFICATE },
    );
    await until(() => has("1") && has("cert"));
    expect([keys.hasKeys(), has("s", "HS256")]).toEqual([false, false]);
    await write("s.key", secret.toString("hex"));
    await until(() => has("s", "HS256"));
    expect(keys.hasKeys()).toBe(true);
    const lookup = await keys.find(joseHeaderOf({ kid: "s", alg: "HS256" }));
    const input = Buffer.from("a.b");
    expect(lookup.found?.verify(input, createHmac("sha256", secret).update(input).digest())).toBe(true);
  });

  it("are read again when the file changes, and what is gone from it serves no more", async () => {
    const { has, write } = await setUp([SET], { "idp.json": json(first) });
    await until(() => has("1"));
    await write("idp.json", json(second));
    await until(() => has("2"));
    expect(has("1")).toBe(false);
  });

  it.each<[what: string, content: string, why: RegExp]>([
    ["no JSON", `{"secret`, /idp\.json: it is no JSON object: ends inside a string$/],
    ["a member twice", '{"keys": [], "keys": []}', /idp\.json: it is no JSON object: duplicate member$/],
    ["no usable key", json(), /the key set has no usable key$/],
  ])("stay when a later version has %s", async (_what, content, why) => {
    const { has, write, log } = await setUp([SET], { "idp.json": json(first) });
    await until(() => has("1"));
    await write("idp.json", content);
    await until(() => why.test(log.at(-1) ?? ""));
    expect(has("1")).toBe(true);
    await write("idp.json", json(second));
    await until(() => has("2"));
  });

  it("stay when the file is removed, and the operator hears of it", async () => {
    const { has, remove, log } = await setUp([SET], { "idp.json": json(first) });
    await until(() => has("1"));
    await remove("idp.json");
    await until(() => /keys not loaded: idp\.json: ENOENT/.test(log.at(-1) ?? ""));
    expect(has("1")).toBe(true);
  });

  it("can not be had from outside the root", async () => {
    const { keys, log } = await setUp([{ from: "jwks_file", file: "../idp.json" }], {});
    await until(() => log.length > 0);
    expect([keys.hasKeys(), log]).toEqual([
      false,
      [expect.stringMatching(/\.\.\/idp\.json: it lies outside the policy root; move it there/)],
    ]);
  });
});

it("a kid in two key sets is that of the first, and a token without kid may mean it", async () => {
  const twin = generateSigningKey("ES256", "1");
  const { keys, has } = await setUp([SET, { from: "jwks_file", file: "new.json" }], {
    "idp.json": json(first),
    "new.json": json(twin),
  });
  await until(() => keys.hasKeys());
  expect([has("1"), has(undefined)]).toEqual([true, true]);
});
