import { parseArgs } from "node:util";
import { generateSigningKey, mintToken, type SigningKey } from "../../../test/tokens.ts";
import { type PluginServer, startBareServer, startPluginServer } from "../costly/plugin-server.ts";
import { loadSubject } from "../costly/subject.ts";
import { AUDIENCE, createSmallWorld, ISSUER, listWorlds, type World } from "./worlds.ts";

// `npm run bench:socket`: the processor time of the plugin server for one request over its socket, without Kong. The
// rows "only the signature check and the socket" show the work that every plugin server must do; see bare-server.ts.
// `--against DIR` also measures the built clone DIR. `--growth` measures a server with one policy, rule, issuer and
// instance, and servers with many of them. All rows are measured in turn. The figures are medians.

const ROUNDS = Number(process.env.SOCKET_ROUNDS ?? 9);
const REQUESTS = 3_000;
/** Connections with one request each, like the connections of a busy Kong worker. */
const CONNECTIONS = 16;
/** A cold server on a busy machine may refuse some requests. */
const MOST_OTHERS = REQUESTS / 50;

interface Row {
  readonly name: string;
  /** Microseconds of processor time for each request, one figure for each round. */
  readonly micros: number[];
  measure(): Promise<number>;
}

const { values } = parseArgs({ options: { against: { type: "string" }, growth: { type: "boolean" } } });
const rsa = generateSigningKey("RS256", "rsa");
const ecdsa = generateSigningKey("ES256", "ecdsa");
const [one = ""] = mint(rsa, 1);
const many = mint(rsa, REQUESTS);
const servers: PluginServer[] = [];
try {
  const rows = values.growth ? await growthRows() : [...(await bareRows()), ...(await serverRows())];
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const row of rows) {
      const micros = await row.measure();
      row.micros.push(...(round === 0 ? [] : [micros])); // The first round warms up.
    }
  }
  console.log(
    `Node ${process.version}, medians of ${ROUNDS} rounds, in brackets the smallest and the greatest figure\n`,
  );
  console.log("| request | µs of processor time |\n|---|---|");
  for (const { name, micros } of rows) {
    const sorted = micros.toSorted((a, b) => a - b);
    const [least = 0, median = 0, most = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
    console.log(`| ${name} | ${median.toFixed(0)} (${least.toFixed(0)} to ${most.toFixed(0)}) |`);
  }
} finally {
  for (const server of servers) {
    server.stop();
  }
}

/** Servers that only exchange frames and check signatures. */
async function bareRows(): Promise<readonly Row[]> {
  const subject = await loadSubject(".");
  return Promise.all(
    [rsa, ecdsa].map(async (key) => {
      const server = await startBareServer(subject, key.publicJwk);
      servers.push(server);
      return {
        name: `only the signature check and the socket, ${key.alg}`,
        micros: [],
        measure: () => measureServer(server, mint(key, REQUESTS), 200),
      };
    }),
  );
}

async function serverRows(): Promise<readonly Row[]> {
  const builds =
    values.against === undefined
      ? [["", "."]]
      : [
          [", before", values.against],
          [", now", "."],
        ];
  const rows: Row[] = [];
  for (const [which = "", directory = ""] of builds) {
    const add = await addServer(rows, createSmallWorld([rsa, ecdsa]), directory);
    add(`RS256, one token${which}`, () => Array<string>(REQUESTS).fill(one));
    add(`RS256, 3,000 tokens in turn${which}`, () => many);
    add(`RS256, every token new${which}`, () => mint(rsa, REQUESTS));
    add(`ES256, every token new${which}`, () => mint(ecdsa, REQUESTS));
    add(`rejected without a token${which}`, () => Array<undefined>(REQUESTS).fill(undefined), 401);
  }
  return rows;
}

async function growthRows(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const world of listWorlds([rsa, ecdsa])) {
    const add = await addServer(rows, world, ".");
    add(`${world.name}, one token`, () => Array<string>(REQUESTS).fill(one));
    add(`${world.name}, every token new`, () => mint(rsa, REQUESTS));
    add(`${world.name}, rejected without a token`, () => Array<undefined>(REQUESTS).fill(undefined), 401);
  }
  return rows;
}

type AddRow = (name: string, tokens: () => readonly (string | undefined)[], status?: number) => void;

/** Starts a server of the built clone. The result adds a row about this server. */
async function addServer(rows: Row[], world: World, directory: string): Promise<AddRow> {
  const server = await startPluginServer(await loadSubject(directory), JSON.stringify(world.policy), "read", world);
  servers.push(server);
  return (name, tokens, status = 200) => {
    rows.push({ name, micros: [], measure: () => measureServer(server, tokens(), status) });
  };
}

async function measureServer(
  server: PluginServer,
  tokens: readonly (string | undefined)[],
  status: number,
): Promise<number> {
  const events = tokens.map((token) => server.prepare({ target: "/items/1", ...(token !== undefined && { token }) }));
  const start = server.cpuNanos();
  let next = 0;
  let others = 0;
  const ask = async (): Promise<void> => {
    for (let event = events[next]; event; event = events[next]) {
      next += 1;
      const outcome = await server.ask(event);
      others += outcome.status === status ? 0 : 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
  if (others > MOST_OTHERS) {
    throw new Error(`the plugin server did not answer ${others} of ${REQUESTS} requests with ${status}`);
  }
  return (server.cpuNanos() - start) / 1_000 / REQUESTS;
}

/** Different tokens of one caller. */
function mint(key: SigningKey, count: number): readonly string[] {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "user-1", client_id: "app", scope: "things:read things:write" };
  return Array.from({ length: count }, (_, index) =>
    mintToken({ key, claims: { ...claims, iat: now, exp: now + 3_600, jti: `${now}-${index}` } }),
  );
}
