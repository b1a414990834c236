import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createFetcher } from "../../../plugin/keys/fetch/fetch-json.ts";
import {
  type FetchSettings,
  NO_FETCH_SETTINGS,
  type OriginSettings,
} from "../../../plugin/keys/fetch/fetch-settings.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { type CertificateFiles, makeCertificate, missingOpenssl } from "./certificates.ts";

const timeoutMs = 60_000;

/**
 * An https server on localhost. It answers with the headers of the request, and with the name in the client's
 * certificate.
 */
async function startServer(files: CertificateFiles, options: ServerOptions = {}): Promise<string> {
  const server = createServer(
    { cert: readFileSync(files.certificate), key: readFileSync(files.key), ...options },
    (request, response) => {
      const client = "getPeerCertificate" in request.socket ? Object(request.socket).getPeerCertificate() : undefined;
      response.end(JSON.stringify({ headers: request.headers, client: client?.subject?.CN ?? null }));
    },
  );
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const settingsOf = (changes: Partial<FetchSettings>): FetchSettings => ({ ...NO_FETCH_SETTINGS, ...changes });
const forOrigin = (origin: string, changes: Partial<OriginSettings>): FetchSettings["origins"] =>
  new Map([[origin, { caFile: undefined, clientCertificate: undefined, headers: new Map(), ...changes }]]);
const fetchWith = async (changes: Partial<FetchSettings>, url: string): Promise<unknown> =>
  (await createFetcher(settingsOf(changes))(url, { timeoutMs })).body;
const createClient = (directory: string) => ({ directory, ...makeCertificate(directory, "client") });
const UNTRUSTED = /no trusted authority issued the server's certificate \(/;
const NOWHERE = "https://127.0.0.1:1";

if (missingOpenssl !== undefined) {
  reportMissing("https with certificates of our own", missingOpenssl);
} else {
  describe("https", describeTls);
}

function describeTls(): void {
  it("is trusted only with the authority of its certificate", async () => {
    const files = makeCertificate(temporaryFolder(onTestFinished), "idp");
    const origin = await startServer(files);
    const why = "no trusted authority issued the server's certificate (DEPTH_ZERO_SELF_SIGNED_CERT)";
    await expect(fetchWith({}, `${origin}/x`)).rejects.toThrow(`GET ${origin}/x failed: ${why}`);
    expect(await fetchWith({ caFile: files.certificate }, `${origin}/x`)).toMatchObject({ client: null });
  });

  it("is not trusted if the certificate is for another host", async () => {
    const files = makeCertificate(temporaryFolder(onTestFinished), "idp", "DNS:idp.example.com");
    const origin = await startServer(files);
    await expect(fetchWith({ caFile: files.certificate }, origin)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it("to an IP address needs a certificate for that address", async () => {
    const directory = temporaryFolder(onTestFinished);
    const named = makeCertificate(directory, "named");
    const both = makeCertificate(directory, "both", "DNS:localhost,IP:127.0.0.1");
    const wrong = (await startServer(named)).replace("localhost", "127.0.0.1");
    await expect(fetchWith({ caFile: named.certificate }, wrong)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
    const right = (await startServer(both)).replace("localhost", "127.0.0.1");
    expect(await fetchWith({ caFile: both.certificate }, right)).toMatchObject({ client: null });
  });

  it("is checked even if Node's environment turns checks off", async () => {
    const origin = await startServer(makeCertificate(temporaryFolder(onTestFinished), "idp"));
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(fetchWith({}, origin)).rejects.toThrow(UNTRUSTED);
  });

  it("below version 1.2 is refused", async () => {
    const files = makeCertificate(temporaryFolder(onTestFinished), "idp");
    const origin = await startServer(files, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" });
    await expect(fetchWith({ caFile: files.certificate }, origin)).rejects.toThrow(/ failed: ./);
  });

  it("an origin's own authorities replace the general authorities, only for this origin", async () => {
    const directory = temporaryFolder(onTestFinished);
    const [one, two] = [makeCertificate(directory, "one"), makeCertificate(directory, "two")];
    const [first, second] = [await startServer(one), await startServer(two)];
    const settings = { caFile: one.certificate, origins: forOrigin(second, { caFile: two.certificate }) };
    expect(await fetchWith(settings, first)).toMatchObject({ client: null });
    expect(await fetchWith(settings, second)).toMatchObject({ client: null });
    const other = { caFile: one.certificate, origins: forOrigin(first, { caFile: two.certificate }) };
    await expect(fetchWith(other, first)).rejects.toThrow(UNTRUSTED);
  });

  it("sends a client certificate and headers to their own origin and nowhere else", async () => {
    const directory = temporaryFolder(onTestFinished);
    const [idp, client] = [makeCertificate(directory, "idp"), makeCertificate(directory, "gateway")];
    const options = { requestCert: true, rejectUnauthorized: false, ca: readFileSync(client.certificate) };
    const [own, foreign] = [await startServer(idp, options), await startServer(idp, options)];
    const secret = join(directory, "secret");
    writeFileSync(secret, "s3cret value\n");
    const origins = forOrigin(own, {
      clientCertificate: { certificateFile: client.certificate, keyFile: client.key },
      headers: new Map([["x-api-key", { prefix: "", file: secret }]]),
    });
    const settings = { caFile: idp.certificate, origins };
    const sent = { client: "gateway", headers: { "x-api-key": "s3cret value" } };
    expect(await fetchWith(settings, own)).toMatchObject(sent);
    const elsewhere = await fetchWith(settings, foreign);
    expect(elsewhere).toMatchObject({ client: null });
    expect(elsewhere).not.toHaveProperty("headers.x-api-key");
  });

  it("without the client certificate that the server requires fails", async () => {
    const directory = temporaryFolder(onTestFinished);
    const [idp, client] = [makeCertificate(directory, "idp"), makeCertificate(directory, "gateway")];
    const origin = await startServer(idp, { requestCert: true, ca: readFileSync(client.certificate) });
    await expect(fetchWith({ caFile: idp.certificate }, origin)).rejects.toThrow(/ failed: ./);
  });

  it("uses the content of files at each fetch, so certificates can be replaced while the process runs", async () => {
    const directory = temporaryFolder(onTestFinished);
    const [old, fresh] = [makeCertificate(directory, "old"), makeCertificate(directory, "fresh")];
    const caFile = join(directory, "ca.pem");
    copyFileSync(old.certificate, caFile);
    const fetchJson = createFetcher(settingsOf({ caFile }));
    const origin = await startServer(fresh);
    await expect(fetchJson(origin, { timeoutMs })).rejects.toThrow(UNTRUSTED);
    writeFileSync(caFile, `${readFileSync(old.certificate)}\n# the next one\n${readFileSync(fresh.certificate)}`);
    expect(await fetchJson(origin, { timeoutMs })).toMatchObject({ body: { client: null } });
    writeFileSync(caFile, "SECRET");
    const broken = `${caFile} contains no certificate in PEM, or a broken certificate`;
    await expect(fetchJson(origin, { timeoutMs })).rejects.toThrow(`GET ${origin} failed: ${broken}`);
  });

  type Client = ReturnType<typeof createClient>;
  const ofOther = ({ directory }: Client): string => makeCertificate(directory, "other").key;
  it.each<[what: string, keyOf: (client: Client) => string, cause: RegExp]>([
    ["is not there", () => "/nowhere", /\/nowhere cannot be read: ENOENT$/],
    ["is no key", ({ certificate }) => certificate, /has no private key in PEM/],
    ["belongs to another certificate", ofOther, /does not belong to the certificate in /],
  ])("is not tried with a client's key that %s", async (_what, keyOf, cause) => {
    const client = createClient(temporaryFolder(onTestFinished));
    const clientCertificate = { certificateFile: client.certificate, keyFile: keyOf(client) };
    await expect(fetchWith({ origins: forOrigin(NOWHERE, { clientCertificate }) }, NOWHERE)).rejects.toThrow(cause);
  });

  it.each(["", "two\nlines", "caf\u00e9", "nul\0"])("is not tried with a header value of %j", async (value) => {
    const file = join(temporaryFolder(onTestFinished), "value");
    writeFileSync(file, value);
    const origins = forOrigin(NOWHERE, { headers: new Map([["x-key", { prefix: "", file }]]) });
    const why = `${file} must contain the value of a header: one line of visible ASCII`;
    await expect(fetchWith({ origins }, NOWHERE)).rejects.toThrow(why);
  });
}
