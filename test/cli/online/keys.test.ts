import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkFile } from "../../../cli/check/check-file.ts";
import { fetchOnce } from "../../../cli/online/ask-issuer.ts";
import { createFetcher } from "../../../plugin/keys/fetch/fetch-json.ts";
import { rereadKey } from "../../../sandbox/stand-in/reread-key.ts";
import { CERTIFICATE } from "../../keys/fetch/certificate.ts";
import { type KeyServer, startKeyServer } from "../../keys/key-server.ts";
import { generateSigningKey } from "../../tokens.ts";
import { checkPolicy, createFolder, listPlaces, NOW, policyOf } from "./online-scene.ts";

const elliptic = generateSigningKey("ES256", "ec").publicJwk;
const second = generateSigningKey("ES256", "ec").publicJwk;
const rsa = generateSigningKey("RS256", "rsa").publicJwk;
const { alg: _alg, ...rsaWithoutAlg } = rsa;
const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
const weakJwk = { ...rereadKey(weak.publicKey).export({ format: "jwk" }), kid: "weak", use: "sig" };
const foreignCurve = { kty: "EC", crv: "secp256k1", kid: "k1", use: "sig", x: "AA", y: "AA" };
const withCertificate = {
  ...new X509Certificate(CERTIFICATE).publicKey.export({ format: "jwk" }),
  kid: "cert",
  x5c: [new X509Certificate(CERTIFICATE).raw.toString("base64")],
};
const AFTER_CERTIFICATE = Date.parse("2040-01-01T00:00:00Z");

let server: KeyServer;
let keysAt: (name: string, keys: readonly unknown[], more?: { readonly [name: string]: unknown }) => string;
beforeAll(async () => {
  server = await startKeyServer();
  keysAt = (name, keys, metadata = {}) => {
    const issuer = `${server.origin}/${encodeURIComponent(name)}`;
    const path = new URL(issuer).pathname;
    server.answer(`${path}/.well-known/openid-configuration`, {
      json: { issuer, jwks_uri: `${issuer}/keys`, ...metadata },
    });
    server.answer(`${path}/keys`, { json: { keys } });
    return issuer;
  };
});
afterAll(() => server.stop());

interface More {
  readonly metadata?: { readonly [name: string]: unknown };
  readonly lines?: readonly string[];
  readonly now?: number;
  readonly words?: string;
}
const row = (title: string, keys: readonly unknown[], expected: readonly string[], more: More = {}) =>
  ({ title, keys, expected, ...more }) as const;

/** In the policy, the issuer is in line 5, and the further lines begin in line 6. */
const ROWS = [
  row("all is in order", [elliptic, rsa], []),
  row(
    "a key for another purpose causes no finding",
    [rsa, { ...rsa, kid: "enc", use: "enc" }, { ...elliptic, kid: "ops", key_ops: ["encrypt"] }],
    [],
  ),
  row("no key at all", [], ["5:13 error no_usable_key"], {
    words: 'Issuer "acme" has no key for RS256, PS256, ES256, EdDSA, Ed25519: it has no keys. All its tokens get 503',
  }),
  row("only keys for encryption", [{ ...rsa, use: "enc" }], ["5:13 error no_usable_key"], {
    words: 'key 0, kid "rsa": not meant for signatures',
  }),
  row("keys of a size and a curve that are not allowed", [weakJwk, foreignCurve], ["5:13 error no_usable_key"], {
    words: "an RSA key of 1024 bits; only 2048 to 8192 bits are allowed",
  }),
  row("a weak key beside a good one", [weakJwk, elliptic], ["5:13 warning key_unusable"], {
    words: "The plugin refuses tokens that this key signed: ask the provider to replace it",
  }),
  row("two keys with one kid", [elliptic, second], ["5:13 warning kid_duplicate"], {
    words: "a second ES256 key with the same kid, and the plugin uses only the first of these keys",
  }),
  row("a private key in public", [rsa, { ...elliptic, d: "AAAA" }], ["5:13 error private_key"], {
    words: "anyone who read it can make tokens",
  }),
  row("an algorithm of the policy without a key", [elliptic], ["6:25 warning algorithm_without_key"], {
    lines: ["algorithms: [ES256, RS256]"],
    words: 'Issuer "acme" has no key for RS256; its keys are for ES256. Remove RS256 here',
  }),
  row(
    "an RSA key without alg that the policy binds to an algorithm that the provider does not announce",
    [rsaWithoutAlg],
    ["6:17 warning algorithm_not_announced"],
    {
      metadata: { id_token_signing_alg_values_supported: ["RS256"] },
      lines: ["algorithms: [PS256]"],
      words: "announces RS256 for ID tokens, but not PS256",
    },
  ),
  row("an announcement that includes the algorithms", [rsa], [], {
    metadata: { id_token_signing_alg_values_supported: ["none", "RS256", "HS256"] },
    lines: ["algorithms: [RS256]"],
  }),
  row("an announcement that is not a list of names", [rsa], [], {
    metadata: { id_token_signing_alg_values_supported: [1, "\u0007", "x".repeat(99)] },
    lines: ["algorithms: [RS256]"],
  }),
  row(
    "an RSA key for two possible algorithms, of which the plugin server also warns",
    [rsaWithoutAlg],
    ["5:13 warning key_note", "6:25 warning algorithm_without_key"],
    { lines: ["algorithms: [RS256, PS256]"], words: "the key has no alg and is used for RS256 only, not for PS256" },
  ),
  row("a key whose thumbprint the policy does not name", [elliptic, rsa], ["5:13 error no_usable_key"], {
    lines: [`keys: { discovery: true, thumbprints: [${"A".repeat(43)}] }`],
    words: "the policy does not name the key's thumbprint",
  }),
  row("a certificate that has expired", [withCertificate], ["5:13 warning certificate_expired"], {
    now: AFTER_CERTIFICATE,
    words: 'The certificate of the ES256 key "cert" of issuer "acme" has expired on 2036-11-19',
  }),
  row("a certificate that is still valid", [withCertificate], []),
];

describe("validate --online, of keys", () => {
  it.each(ROWS)("$title", async ({ title, keys, metadata, lines = [], now = NOW, expected, words }) => {
    const checked = await checkPolicy(
      policyOf(`issuer: ${keysAt(title, keys, metadata)}`, ...lines),
      createFetcher(),
      now,
    );
    expect(listPlaces(checked)).toEqual(expected);
    expect(checked.findings.map(({ message }) => message).join("\n")).toContain(words ?? "");
    expect(checked.policy === undefined).toBe(expected.some((place) => place.includes(" error ")));
  });

  it("says how often keys are fetched, and warns of a `min` that is longer than the provider allows", async () => {
    server.answer("/short/keys", (_request, response) => {
      response.writeHead(200, { "cache-control": "max-age=60" }).end(JSON.stringify({ keys: [elliptic] }));
    });
    const source = [`issuer: https://idp.example.com`, `keys: { jwks_uri: "${server.origin}/short/keys" }`];
    const fitting = await checkPolicy(policyOf(...source));
    expect(fitting.issuers?.lines).toEqual(['acme: 1 key by jwks_uri (ES256 "ec"); fetched again after 60 s at most']);
    const long = await checkPolicy(policyOf(...source, "key_refresh: { min: 10m }"));
    expect(listPlaces(long)).toEqual(["7:25 warning key_min_long"]);
    expect(long.findings[0]?.message).toContain('allows the use of its keys for 60 s, but "min" keeps them for 600 s');
  });

  it("compares the provider's clock with the skew of the policy, and adds the age in a cache to its date", async () => {
    const answerAt = (path: string, ageSeconds: number) =>
      server.answer(path, (_request, response) => {
        response.sendDate = false;
        const date = new Date(Date.now() - 90_000).toUTCString();
        response.writeHead(200, { date, age: String(ageSeconds) }).end(JSON.stringify({ keys: [elliptic] }));
      });
    answerAt("/late/keys", 0);
    answerAt("/cached/keys", 90);
    const policyAt = (path: string): string =>
      policyOf("issuer: https://idp.example.com", `keys: { jwks_uri: "${server.origin}${path}" }`, "clock_skew: 30s");
    const late = await checkPolicy(policyAt("/late/keys"));
    expect(listPlaces(late)).toEqual(["6:23 warning clock_differs"]);
    expect(late.findings[0]?.message).toMatch(
      / (?:8\d|9\d) s ahead of the clock of issuer "acme", and the policy allows a clock skew of 30 s/,
    );
    expect(listPlaces(await checkPolicy(policyAt("/cached/keys")))).toEqual([]);
  });

  it("requests each address once for several policies, and the keys of each tenant separately", async () => {
    const issuer = keysAt("shared", [rsa]);
    const fetchJson = fetchOnce(createFetcher());
    const folder = createFolder();
    const asked = server.requests.length;
    const files = ["one.yaml", "two.yaml"].map((name) => {
      writeFileSync(join(folder, name), policyOf(`issuer: ${issuer}`));
      return join(folder, name);
    });
    await Promise.all(
      files.map((file) => checkFile(file, undefined, { fetchJson, policyRoot: undefined, now: () => NOW })),
    );
    expect(server.requests.slice(asked).toSorted()).toEqual([
      "/shared/.well-known/openid-configuration",
      "/shared/keys",
    ]);

    const uri = `${server.origin}/tenants/{tenant}/keys`;
    server.answer("/tenants/red/keys", { json: { keys: [rsa] } });
    const tenants = await checkPolicy(
      policyOf('issuer: "https://idp.example.com/{tenant}"', `keys: { jwks_uri: "${uri}" }`, "tenants: [red, blue]"),
    );
    expect(listPlaces(tenants)).toEqual(["6:23 error issuer_answer_invalid"]);
    expect(tenants.findings[0]?.message).toContain("/tenants/blue/keys failed: status 404");
  });

  it("does not hide other findings behind many tenants that do not answer", async () => {
    const tenants = Array.from({ length: 60 }, (_, index) => `t${index}`).join(", ");
    const uri = `${server.origin}/nothing/{tenant}/keys`;
    const checked = await checkPolicy(
      policyOf('issuer: "https://idp.example.com/{tenant}"', `keys: { jwks_uri: "${uri}" }`, `tenants: [${tenants}]`),
    );
    expect(checked.findings).toHaveLength(20);
    expect(checked.findings.flatMap(({ notes = [] }) => notes)).toEqual(["and 40 more findings about this issuer"]);
  });

  it("checks keys in files below the policy root, and reports a missing file once", async () => {
    const folder = createFolder();
    writeFileSync(join(folder, "keys.jwks"), JSON.stringify({ keys: [weakJwk, elliptic] }));
    writeFileSync(
      join(folder, "policy.yaml"),
      policyOf("issuer: https://idp.example.com", "keys: { jwks_files: [keys.jwks, gone.jwks] }"),
    );
    const checked = await checkFile(join(folder, "policy.yaml"), undefined, {
      fetchJson: createFetcher(),
      policyRoot: folder,
      now: () => NOW,
    });
    expect(listPlaces(checked)).toEqual(["6:37 warning key_file_missing", "6:26 warning key_unusable"]);
  });

  it("locates an issuer of an extended file at the key extends", async () => {
    const folder = createFolder();
    writeFileSync(
      join(folder, "base.yaml"),
      policyOf(`issuer: ${server.origin}/gone`).replace("routes: { read: {} }", "routes: {}"),
    );
    writeFileSync(join(folder, "child.yaml"), "jwt_policy: 1\nname: child\nextends: base.yaml\nroutes: { read: {} }\n");
    const checked = await checkFile(join(folder, "child.yaml"), undefined, {
      fetchJson: createFetcher(),
      policyRoot: undefined,
      now: () => NOW,
    });
    expect(listPlaces(checked)).toEqual(["3:1 error issuer_answer_invalid"]);
    expect(checked.findings[0]?.message).toContain("In an extended file, issuers.acme.issuer: The keys of");
    expect(readFileSync(join(folder, "child.yaml"), "utf8").split("\n")[2]).toBe(checked.findings[0]?.excerpt);
  });
});
