// The cost of repeated and new tokens in one process. The bench compares the plugin's handler with libraries that only
// verify tokens. The handler also reads the facts of a request, finds its rule, and makes the headers for the upstream.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { createVerifier } from "fast-jwt";
import { createLocalJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { AUDIENCE, ISSUER, mintTokens } from "./tokens.mjs";

const DIST = "../../../dist/plugin";
const ROUNDS = Number(process.env.BENCH_LIBRARY_ROUNDS ?? 15);
const REQUESTS = 3_000;

/** A table of microseconds of processor time per token, the threads of the pool included. */
export async function measureLibraries({ rsa, ecdsa }) {
  const rows = await createRows([rsa, ecdsa]);
  const loads = {
    "RS256, one token": Array(REQUESTS).fill(mintTokens(rsa, 1)[0]),
    "RS256, 1,000 tokens one after another": Array(REQUESTS / 1_000)
      .fill(mintTokens(rsa, 1_000))
      .flat(),
    "ES256, every token new": undefined,
  };
  const figures = new Map();
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [load, tokens] of Object.entries(loads)) {
      const sent = tokens ?? mintTokens(ecdsa, REQUESTS);
      for (const [name, verify, prepare = (token) => token] of rows.verifiers) {
        const micros = await measure(verify, sent.map(prepare));
        if (round > 0) {
          figures.set(`${name} ${load}`, [...(figures.get(`${name} ${load}`) ?? []), micros]);
        }
      }
    }
  }
  rows.stop();
  const lines = rows.verifiers.map(([name]) => {
    const cells = Object.keys(loads).map((load) => median(figures.get(`${name} ${load}`)).toFixed(1));
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  const head = `| plugin or library, µs | ${Object.keys(loads).join(" | ")} |\n|---|---|---|---|`;
  return [head, ...lines].join("\n");
}

async function createRows(keys) {
  const jwks = { keys: keys.map(({ jwk }) => jwk) };
  const [reusing, judging] = await Promise.all([createHandler(jwks, "server"), createHandler(jwks, "off")]);
  const keySet = createLocalJWKSet(jwks);
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ["RS256", "ES256"] };
  const fastOptions = { allowedIss: ISSUER, allowedAud: AUDIENCE };
  const perAlgorithm = (more) =>
    keys.map(({ pem, algorithm }) => createVerifier({ ...fastOptions, key: pem, algorithms: [algorithm], ...more }));
  const [fastRsa, fastEcdsa] = perAlgorithm({});
  const [cachedRsa, cachedEcdsa] = perAlgorithm({ cache: 5_000 });
  const isRsa = (token) => token.length > 500;
  const aws = JwtVerifier.create(
    { issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks`, scope: "things:read" },
    { jwksCache: new SimpleJwksCache() },
  );
  aws.cacheJwks(jwks);
  const [rsa, ecdsa] = keys;
  return {
    verifiers: [
      ["jwt-policy, a whole decision, reused if possible", reusing.decide, reusing.writeFacts],
      ["jwt-policy, a whole decision, made each time", judging.decide, judging.writeFacts],
      ["fast-jwt with its cache", (token) => (isRsa(token) ? cachedRsa : cachedEcdsa)(token)],
      ["fast-jwt without its cache", (token) => (isRsa(token) ? fastRsa : fastEcdsa)(token)],
      ["aws-jwt-verify", (token) => aws.verifySync(token)],
      ["jose", (token) => jwtVerify(token, keySet, options)],
      ["jsonwebtoken", (token) => jsonwebtoken.verify(token, (isRsa(token) ? rsa : ecdsa).publicKey, options)],
    ],
    stop() {
      reusing.stop();
      judging.stop();
    },
  };
}

/** The plugin as the server runs it, without the socket. */
async function createHandler(jwks, verdictCache) {
  const { createPolicyStore } = await import(`${DIST}/runtime/load/policy-store.js`);
  const { createRuntime } = await import(`${DIST}/runtime/runtime.js`);
  const { startPluginInstance } = await import(`${DIST}/kong/handler.js`);
  const { createFactsReader } = await import(`${DIST}/kong/facts/read-facts.js`);
  const { decodeClientText } = await import(`${DIST}/server/protocol/client-text.js`);
  const { renderFacts } = await import(`${DIST}/kong/facts/facts-variable.js`);
  const policyRoot = mkdtempSync(join(tmpdir(), "jwt-policy-libraries-"));
  const log = { info() {}, notice() {}, warn() {} };
  const compiler = createPolicyStore(policyRoot);
  const runtime = createRuntime({ policyRoot, policyPollMs: 600_000, compiler, verdictCache, now: Date.now, log });
  const policy = {
    jwt_policy: 1,
    name: "bench",
    issuers: { main: { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ["RS256", "ES256"], keys: { jwks } } },
    routes: { read: { required_scopes: ["things:read"] } },
    header_mappings: { "x-user-id": "sub", "x-client-id": "client_id", "x-scope": "scope" },
  };
  const config = JSON.stringify({ policy: JSON.stringify(policy), rule: "read" });
  const instance = startPluginInstance(
    config,
    runtime,
    createFactsReader(true, () => {}),
  );
  const lines = renderFacts([])
    .replaceAll("\\n", "\n")
    .replace("$request", "GET /items/1 HTTP/1.1")
    .replace("$scheme $realip_remote_addr $remote_addr", "http 127.0.0.1 127.0.0.1")
    .split("\n");
  let count = 0;
  let facts = "";
  const pdk = { nginx: { getVar: async () => facts }, router: { getRoute: async () => ({}) } };
  return {
    /** The facts are bytes, because the plugin server gets bytes from the socket. */
    writeFacts(token) {
      count += 1;
      const values = { $http_authorization: `Bearer ${token}`, $kong_request_id: count.toString(16).padStart(32, "0") };
      const text = lines.map((line) => values[line] ?? (line.startsWith("$") ? "" : line)).join("\n");
      return Buffer.from(text, "latin1");
    },
    async decide(sent) {
      facts = decodeClientText(sent);
      const { verdict } = await instance.access(pdk);
      if (verdict !== "allow") {
        throw new Error("the plugin refused a token of the bench");
      }
    },
    stop() {
      runtime.stop();
      rmSync(policyRoot, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function measure(verify, tokens) {
  const start = process.cpuUsage();
  for (const token of tokens) {
    const result = verify(token);
    if (result instanceof Promise) {
      await result;
    }
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / tokens.length;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
