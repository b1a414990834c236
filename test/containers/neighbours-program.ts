/**
 * Runs in a container whose network Kong and the plugin server share. The program starts the servers that the tests need,
 * and answers the tests' questions about these servers. The program also relays the tests' connections to Kong, so that Kong
 * sees clients on the loopback address.
 */
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { NEIGHBOURS } from "../gateways/neighbours.ts";
import { CONTROL_PORT, KONG_PORTS, type Question, READY, RELAY_PORTS } from "./pod-ports.ts";

const provider = { port: Number(process.argv[2]), host: "0.0.0.0" };
const started: Readonly<Record<string, unknown>>[] = [];

const control = createHttpServer(async (request, response) => {
  const question = (await json(request)) as Question;
  const answer = await ("start" in question ? start(question.start) : call(question)).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: String(error) }),
  );
  response.end(JSON.stringify(answer));
});

/**
 * @returns the number of the server, and the members of the server that are not functions. JSON cannot contain
 * functions.
 */
async function start(name: keyof typeof NEIGHBOURS): Promise<object> {
  const server = await NEIGHBOURS[name](provider);
  return { number: started.push({ ...server }) - 1, members: server };
}

async function call({ number, method, args }: Extract<Question, { number: number }>): Promise<unknown> {
  const member = started[number]?.[method];
  if (typeof member !== "function") {
    throw new Error(`server ${number} has no function ${method}`);
  }
  return member(...args);
}

/** Each of the two directions ends separately, because some requests end before their answer begins. */
function relay(from: number, to: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const gateway = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
    join(client, gateway);
    join(gateway, client);
  });
  return new Promise((resolve) => server.listen(from, "0.0.0.0", resolve));
}

function join(source: Socket, target: Socket): void {
  source.pipe(target);
  // If one side resets the connection, the other side must get a reset.
  source.on("error", () => target.resetAndDestroy());
}

await relay(RELAY_PORTS.plain, KONG_PORTS.plain);
await relay(RELAY_PORTS.tls, KONG_PORTS.tls);
control.listen(CONTROL_PORT, "0.0.0.0", () => process.stdout.write(`${READY}\n`));
