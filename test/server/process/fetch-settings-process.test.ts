import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { makeCertificate, missingOpenssl } from "../../keys/fetch/certificates.ts";
import { generateSigningKey } from "../../tokens.ts";
import { createPlace, runServer, startServer } from "../server-process.ts";

describe("a process with settings for fetching keys", () => {
  it("does not start if they are broken, and says where", async () => {
    const place = createPlace();
    const file = join(place.directory, "fetch.yaml");
    writeFileSync(file, "fetch_settings: 1\nca_file: none.pem\n");
    const server = startServer(place, ["--fetch-settings", file]);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    const named = join(place.directory, "none.pem");
    expect(server.stderr()).toBe(`jwt-policy: ${file}:2:10 file_unreadable: ${named} cannot be read: ENOENT.\n`);
  });

  it("never reads its own settings and their secrets as policies, even if they are below the policy root", async () => {
    const place = createPlace();
    const pathOf = (name: string): string => join(place.policyRoot, `${name}.yaml`);
    const secret = { pseudonyms: { secret_file: "secret.yaml" } };
    writeFileSync(pathOf("secret"), "5".repeat(64));
    writeFileSync(pathOf("fetch"), "fetch_settings: 1\n");
    writeFileSync(pathOf("log"), JSON.stringify({ decision_log: 1, to: join(place.directory, "log"), ...secret }));
    writeFileSync(pathOf("abuse"), JSON.stringify({ abuse: 1, ...secret }));
    writeFileSync(pathOf("z"), "broken"); // Files are read in the order of their names.
    const own = ["--fetch-settings", pathOf("fetch"), "--decision-log", pathOf("log"), "--abuse", pathOf("abuse")];
    const server = startServer(place, ["--facts-variable", ...own]);
    await server.waitForOutput("z.yaml is refused");
    const refused = [...server.stdout().matchAll(/(\w+\.yaml) is refused/g)].map(([, name]) => name);
    expect(refused).toEqual(["z.yaml"]);
    expect(server.stdout()).not.toContain("5".repeat(64));
  });

  if (missingOpenssl !== undefined) {
    reportMissing("with a certificate authority of our own", missingOpenssl);
  } else {
    it("fetches keys with the named authorities, client certificates and headers, although Kong gives it no environment", async () => {
      const place = createPlace();
      const [idp, gateway] = [makeCertificate(place.directory, "idp"), makeCertificate(place.directory, "gateway")];
      const [cert, key, ca] = [idp.certificate, idp.key, gateway.certificate].map((file) => readFileSync(file));
      const provider = createServer({ cert, key, ca, requestCert: true }, ({ headers }, response) => {
        const jwks = { keys: [generateSigningKey("ES256", "1").publicJwk] };
        response.writeHead(headers["x-api-key"] === "s3cret" ? 200 : 403).end(JSON.stringify(jwks));
      });
      await new Promise<void>((resolve) => void provider.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void provider.close());
      const origin = `https://localhost:${(provider.address() as AddressInfo).port}`;
      const issuer = { issuer: "https://idp.example", audiences: ["a"], keys: { jwks_uri: `${origin}/jwks` } };
      const policy = { jwt_policy: 1, name: "p", issuers: { a: issuer } };
      writeFileSync(join(place.policyRoot, "p.json"), JSON.stringify(policy));

      const without = await runServer(place);
      await without.waitForOutput("keys not loaded: GET");
      expect(without.stdout()).toContain(
        `GET ${origin}/jwks failed: no trusted authority issued the server's certificate`,
      );
      without.child.kill("SIGKILL");
      await without.ended;

      const file = join(place.directory, "fetch.yaml");
      writeFileSync(join(place.directory, "api-key"), "s3cret\n");
      const client = { certificate_file: "gateway.pem", key_file: "gateway.key" };
      const settings = {
        ca_file: "idp.pem",
        client_certificate: client,
        headers: { "x-api-key": { file: "api-key" } },
      };
      writeFileSync(file, JSON.stringify({ fetch_settings: 1, origins: { [origin]: settings } }));
      const server = startServer(place, ["--fetch-settings", file]);
      await server.waitForOutput('keys in effect: ES256 "1"');
      expect(server.stdout()).not.toContain("s3cret");
    });
  }
});
