import { createPublicKey, verify } from "node:crypto";
import { createServer } from "node:net";
import { encodeCall, encodePdkCall } from "../../../plugin/server/protocol/encode-call.ts";
import { createFrameReader, encodeFrames } from "../../../plugin/server/protocol/frames.ts";
import { RpcReturnMessage, StringMessage } from "../../../plugin/server/protocol/messages.ts";

// A server that does only the work that every plugin server must do. Like the plugin server, this server exchanges
// frames with Kong and checks the token's signature. It judges nothing. Arguments: the socket, and the key as a JWK.

const ASK = encodePdkCall("kong.nginx.get_var", StringMessage.encode({ v: "jwt_facts" }));
const CHANGES = { "x-user-id": "user-1", "x-client-id": "app", "x-scope": "things:read things:write", cookie: [] };
const PASS = Buffer.concat([
  encodeCall({ method: "kong.service.request.set_headers", args: [CHANGES] }),
  encodeFrames(new Uint8Array(), RpcReturnMessage.encode({ sequence: 7 })),
]);
const STARTED = encodeFrames(RpcReturnMessage.encode({ sequence: 1, instanceStatus: { instanceId: 1 } }));
const BEARER = "Bearer ";

const [socketPath, keyText = ""] = process.argv.slice(2);
const key = createPublicKey({ key: JSON.parse(keyText), format: "jwk" });

createServer((socket) => {
  // Kong sends the start of the instance on some connection. Then Kong sends on each connection in turn: an event, the
  // facts, and a reply to the changes.
  const steps = [ask, checkToken, drop];
  let step = 0;
  const read = createFrameReader((frame) => {
    if (frame.includes("policy_file")) {
      socket.write(STARTED);
      return;
    }
    steps[step % steps.length]?.(frame);
    step += 1;
  });
  function ask(): void {
    socket.write(ASK);
  }
  function checkToken(facts: Buffer): void {
    const start = facts.indexOf(BEARER) + BEARER.length;
    const dot = facts.indexOf(".", facts.indexOf(".", start) + 1);
    const signature = Buffer.from(facts.toString("latin1", dot + 1, facts.indexOf("\n", dot)), "base64url");
    if (!verify("sha256", facts.subarray(start, dot), { key, dsaEncoding: "ieee-p1363" }, signature)) {
      throw new Error("a signature of the bench is invalid");
    }
    socket.write(PASS);
  }
  function drop(): void {}
  socket.on("data", read);
  socket.on("error", () => {}); // The bench closes connections at its end.
}).listen(socketPath, () => console.log(`listens on ${socketPath}`));
