// Answers requests in kong-pdk's own server, without a socket, and prints how many events it kept.
const { createRequire } = require("node:module");
const { join } = require("node:path");

const Server = require("kong-pdk/server");
const logger = createRequire(require.resolve("kong-pdk/server"))("node-color-log");

const IDENTITY = { __plugin_id: "3111686f-61fa-57f7-8919-d96abb8e3836", __seq__: 12 };
const NONCE = "0123456789abcdef0123456789abcdef";
const mark = (sequence) => `${IDENTITY.__plugin_id} ${sequence} ${NONCE}`;
const facts = (sequence) =>
  `3 connection authorization\nGET /a HTTP/1.1\nhttps 10.0.0.1 10.0.0.1\n\n\n${mark(sequence)}`;

async function main() {
  logger.setLevel("error");
  const server = new Server(join(__dirname, "../../plugin/stock"), logger);
  const config = { ...IDENTITY, policy_file: "missing.yaml", rule: "read" };
  const { Id } = await server.StartInstance({ Name: "jwt-policy", Config: JSON.stringify(config) });
  const methods = new Set();
  // Refused, for the policy is missing; and meant for another instance.
  for (const sequence of [12, 13]) {
    for (let count = 0; count < 100; count += 1) {
      let { Data: call, EventId } = await server.HandleEvent({ InstanceId: Id, EventName: "access" });
      while (call !== "ret") {
        methods.add(call.Method);
        const Data = call.Method === "kong.nginx.get_var" ? facts(sequence) : undefined;
        ({ Data: call } = await server.Step({ EventId, Data }));
      }
    }
  }
  console.log(JSON.stringify({ kept: server.events.size, methods: [...methods] }));
  process.exit(0);
}

main();
