import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { findFreePort } from "../../gateways/free-port.ts";
import { keySetOf, startKeyServer } from "../../keys/key-server.ts";
import { generateSigningKey } from "../../tokens.ts";
import { createPlace, runServer } from "../server-process.ts";

/** A policy whose keys come from a real server, and the state of these keys in the process. */
async function createScene() {
  const provider = await startKeyServer();
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) {
      isStopped = true;
      await provider.stop();
    }
  };
  onTestFinished(stop);
  provider.answer("/jwks", keySetOf(generateSigningKey("ES256", "1")));
  const place = createPlace();
  const issuer = { issuer: "https://idp.example", audiences: ["a"], keys: { jwks_uri: `${provider.origin}/jwks` } };
  writeFileSync(join(place.policyRoot, "p.json"), JSON.stringify({ jwt_policy: 1, name: "p", issuers: { a: issuer } }));
  const address = `127.0.0.1:${await findFreePort()}`;
  const stateDir = join(place.directory, "keys");
  const ask = async (path: string) => {
    const response = await fetch(`http://${address}${path}`, { headers: { connection: "close" } });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  return { place, provider: { stop }, stateDir, ask, options: ["--state-dir", stateDir, "--status-listen", address] };
}

it("after a kill, the next process is ready without the provider, and reports the age of its keys", async () => {
  const { place, provider, stateDir, ask, options } = await createScene();
  const first = await runServer(place, options);
  await expect.poll(async () => (await ask("/status/ready")).status).toBe(200);
  await expect.poll(() => readdirSync(stateDir)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.keys$/)]);
  expect(statSync(stateDir).mode & 0o777).toBe(0o700);
  const [{ loaded_at: loadedAt }] = (await ask("/status")).body.keys;
  first.child.kill("SIGKILL");
  await first.ended;
  await provider.stop();

  const second = await runServer(place, options);
  await expect.poll(async () => (await ask("/status/ready")).status).toBe(200);
  await second.waitForOutput(`keys from the state directory are in effect, fetched ${loadedAt}`);
  expect((await ask("/status")).body).toMatchObject({
    keys: [{ state: "serving", keys: 1, loaded_at: loadedAt, from_state_dir: true }],
    state_dir: { path: stateDir, problem: null },
  });
});

it("a directory that other users can write is not used, and the process still serves", async () => {
  const { place, stateDir, ask, options } = await createScene();
  mkdirSync(stateDir);
  chmodSync(stateDir, 0o777);
  const server = await runServer(place, options);
  await server.waitForOutput("warning: keys are not kept over restarts: ");
  await expect.poll(async () => (await ask("/status/ready")).status).toBe(200);
  expect((await ask("/status")).body).toMatchObject({
    state_dir: { problem: expect.stringMatching(/can be written by other users; run chmod go-w on it$/) },
  });
  expect(readdirSync(stateDir)).toEqual([]);
});
