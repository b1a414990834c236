import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { generateSigningKey, mintToken, replaceSignature, type SigningKey } from "../../test/tokens.ts";

/** A gateway's configuration with one route. The route refuses every request. */
export interface SoakWorld {
  readonly directory: string;
  readonly policyRoot: string;
  readonly configText: string;
  readonly key: SigningKey;
}

const ISSUER = "https://idp.example";
const AUDIENCE = "https://api.example";
/** Different texts of inline policies. The server compiles each text once, as long as few other texts come between. */
const INLINE_TEXTS = 100;

export async function createSoakWorld(): Promise<SoakWorld> {
  const directory = await mkdtemp(join(tmpdir(), "soak-"));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  const key = generateSigningKey("ES256", "main");
  await writeFile(join(policyRoot, "soak.yaml"), stringify(createPolicy("soak", key)));
  const routes = [
    { name: "r", paths: ["/r"], plugins: [{ name: "jwt-policy", config: { policy_file: "soak.yaml" } }] },
  ];
  const service = { name: "nobody", url: "http://127.0.0.1:9", routes };
  return { directory, policyRoot, key, configText: stringify({ _format_version: "3.0", services: [service] }) };
}

function createPolicy(name: string, key: SigningKey): object {
  return {
    jwt_policy: 1,
    name,
    issuers: { main: { issuer: ISSUER, audiences: [AUDIENCE], keys: { jwks: { keys: [key.publicJwk] } } } },
    routes: { r: { required_scopes: ["granted:to-nobody"] } },
    header_mappings: { "x-user-id": "sub" },
  };
}

/** Makes requests with many different tokens. Different stages refuse the requests. */
export function refusedRequests({ key }: SoakWorld): readonly { path: string; authorization: string | undefined }[] {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "user", scope: "things:read", iat: now, exp: now + 36_000 };
  const tokens = Array.from({ length: 2_000 }, (_, index) => {
    const good = mintToken({ key, claims: { ...claims, jti: String(index) } }); // The token lacks the scope: 403.
    const variants = [
      good,
      replaceSignature(good, mintToken({ key, claims }).split(".")[2] ?? ""),
      mintToken({ key, claims: { ...claims, exp: now - 3_600 } }),
      mintToken({ key, header: { kid: `unknown-${index}` }, claims }),
      mintToken({ key, claims: { ...claims, iss: `https://${index}.example` } }),
      `${good}=`,
      `${index}.not-a.token`,
    ];
    return variants[index % variants.length] ?? good;
  });
  return [undefined, "Basic dXNlcjpwYXNz", ...tokens.map((token) => `Bearer ${token}`)].map((authorization) => ({
    path: "/r",
    authorization,
  }));
}

/** The configuration of the `count`-th plugin entity, as Kong sends it. */
export function inlineConfig({ key }: SoakWorld, count: number): string {
  const hex = count.toString(16).padStart(12, "0");
  return JSON.stringify({
    policy: JSON.stringify(createPolicy(`inline-${count % INLINE_TEXTS}`, key)),
    rule: "r",
    policy_file: null,
    __plugin_id: `00000000-0000-4000-8000-${hex}`,
    __seq__: count,
  });
}
