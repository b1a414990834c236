import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { headersToStruct, StringMessage, StructMessage } from "../../../plugin/server/protocol/messages.ts";
import { claimsOf, inlineIssuer, policyDocument } from "../../core/fixtures.ts";
import { findFreePort } from "../../gateways/free-port.ts";
import { keySetOf, startKeyServer } from "../../keys/key-server.ts";
import { generateSigningKey, mintToken } from "../../tokens.ts";
import { connectWorker, playEvent } from "../protocol/raw-worker.ts";
import { createPlace, runServer } from "../server-process.ts";

/**
 * Frames of the server. They are the answer to the start of an instance, and the method and arguments of each call to
 * Kong.
 */
const START_FRAMES = 1;
const CALL_FRAMES = 2;

it("a process counts a request that waits for its issuer's keys once, and not a request that finds the keys", async () => {
  const key = generateSigningKey("ES256", "1");
  const provider = await startKeyServer();
  onTestFinished(() => provider.stop());
  let giveKeys = (): void => {};
  provider.answer("/jwks", (_request, response) => {
    giveKeys = () => void response.end(JSON.stringify(keySetOf(key).json));
  });
  const place = createPlace();
  const issuer = inlineIssuer([key], { keys: { jwks_uri: `${provider.origin}/jwks` } });
  writeFileSync(join(place.policyRoot, "payments.json"), JSON.stringify(policyDocument(issuer)));
  const address = `127.0.0.1:${await findFreePort()}`;
  await runServer(place, ["--status-listen", address]);
  const readCounts = async (): Promise<readonly number[]> => {
    const response = await fetch(`http://${address}/metrics`, { headers: { connection: "close" } });
    const text = await response.text();
    return ["key_wait", "decision"].map((name) =>
      Number(new RegExp(`^jwt_policy_${name}_seconds_count (\\d+)$`, "m").exec(text)?.[1]),
    );
  };
  const worker = await connectWorker(place.socket);
  const config = { policy_file: "payments.json", rule: "read", __plugin_id: "1" };
  const id = (await worker.start(JSON.stringify(config))).instanceStatus?.instanceId ?? 0;
  const now = Math.floor(Date.now() / 1_000);
  const ask = async (subject: string) => {
    const token = mintToken({ key, claims: claimsOf({ sub: subject, iat: now, exp: now + 600 }) });
    const headers = StructMessage.encode(headersToStruct({ authorization: `Bearer ${token}` }));
    const replies = {
      "kong.request.get_headers": headers,
      "kong.nginx.get_var": StringMessage.encode({ v: "GET / HTTP/1.1" }),
      "kong.request.get_forwarded_scheme": StringMessage.encode({ v: "https" }),
    };
    return (await playEvent(worker, id, replies)).ended;
  };

  const waiting = ask("alice");
  await expect.poll(() => provider.requests).toEqual(["/jwks"]);
  const questions = 3;
  await expect.poll(() => worker.frames.length).toBe(START_FRAMES + questions * CALL_FRAMES);
  const other = await connectWorker(place.socket);
  for (let round = 0; round < 3; round += 1) {
    await other.start(); // The server reads its connections in turn. So the server has also read the reply to the last question.
  }
  giveKeys();
  expect([await waiting, await readCounts()]).toEqual(["proxied", [1, 1]]);
  expect([await ask("bob"), await readCounts()]).toEqual(["proxied", [1, 2]]);
});
