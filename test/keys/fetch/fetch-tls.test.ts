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
import { reportMissing } from "../../gateways/report-missing.ts";
import { type CertificateFiles, createDirectory, makeCertificate, missingOpenssl } from "./certificates.ts";

const timeoutMs = 10_000;

/** An https server on localhost that answers with the headers that it got, and the name in the client's certificate. */
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
  new Map([[origin, { caFile: undefined, clientCertificate: undefined, headerFiles: new Map(), ...changes }]]);
const fetchWith = async (changes: Partial<FetchSettings>, url: string): Promise<unknown> =>
  (await createFetcher(settingsOf(changes))(url, { timeoutMs })).body;

if (missingOpenssl !== undefined) {
  reportMissing("https with certificates of our own", missingOpenssl);
} else {
  describe("https", describeTls);
}

function describeTls(): void {
  it("is not trusted without the authority of its certificate, and is with it", async () => {
    const files = makeCertificate(createDirectory(), "idp");
    const origin = await startServer(files);
    await expect(fetchWith({}, `${origin}/x`)).rejects.toThrow(
      `GET ${origin}/x failed: the server's certificate is of no authority that is trusted (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );
    expect(await fetchWith({ caFile: files.certificate }, `${origin}/x`)).toMatchObject({ client: null });
  });

  it("is not trusted when the certificate is of another host", async () => {
    const files = makeCertificate(createDirectory(), "idp", "DNS:idp.example.com");
    const origin = await startServer(files);
    await expect(fetchWith({ caFile: files.certificate }, origin)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it("of an address needs a certificate of that address", async () => {
    const directory = createDirectory();
    const named = makeCertificate(directory, "named");
    const both = makeCertificate(directory, "both", "DNS:localhost,IP:127.0.0.1");
    const wrong = (await startServer(named)).replace("localhost", "127.0.0.1");
    await expect(fetchWith({ caFile: named.certificate }, wrong)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
    const right = (await startServer(both)).replace("localhost", "127.0.0.1");
    expect(await fetchWith({ caFile: both.certificate }, right)).toMatchObject({ client: null });
  });

  it("is checked also where Node's environment says that nothing is", async () => {
    const origin = await startServer(makeCertificate(createDirectory(), "idp"));
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(fetchWith({}, origin)).rejects.toThrow(/of no authority that is trusted \(/);
  });

  it("below version 1.2 is refused", async () => {
    const files = makeCertificate(createDirectory(), "idp");
    const origin = await startServer(files, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" });
    await expect(fetchWith({ caFile: files.certificate }, origin)).rejects.toThrow(/ failed: ./);
  });

  it("an origin's own authorities replace those of all others, for it alone", async () => {
    const directory = createDirectory();
    const [one, two] = [makeCertificate(directory, "one"), makeCertificate(directory, "two")];
    const [first, second] = [await startServer(one), await startServer(two)];
    const settings = { caFile: one.certificate, origins: forOrigin(second, { caFile: two.certificate }) };
    expect(await fetchWith(settings, first)).toMatchObject({ client: null });
    expect(await fetchWith(settings, second)).toMatchObject({ client: null });
    const other = { caFile: one.certificate, origins: forOrigin(first, { caFile: two.certificate }) };
    await expect(fetchWith(other, first)).rejects.toThrow(/of no authority that is trusted \(/);
  });

  it("sends a client certificate and headers to their own origin and nowhere else", async () => {
    const directory = createDirectory();
    const [idp, client] = [makeCertificate(directory, "idp"), makeCertificate(directory, "gateway")];
    const options = { requestCert: true, rejectUnauthorized: false, ca: readFileSync(client.certificate) };
    const [own, foreign] = [await startServer(idp, options), await startServer(idp, options)];
    const secret = join(directory, "secret");
    writeFileSync(secret, "s3cret value\n");
    const origins = forOrigin(own, {
      clientCertificate: { certificateFile: client.certificate, keyFile: client.key },
      headerFiles: new Map([["x-api-key", secret]]),
    });
    const settings = { caFile: idp.certificate, origins };
    expect(await fetchWith(settings, own)).toMatchObject({
      client: "gateway",
      headers: { "x-api-key": "s3cret value" },
    });
    const elsewhere = await fetchWith(settings, foreign);
    expect(elsewhere).toMatchObject({ client: null });
    expect(elsewhere).not.toHaveProperty("headers.x-api-key");
  });

  it("without the client certificate that the server wants fails", async () => {
    const directory = createDirectory();
    const [idp, client] = [makeCertificate(directory, "idp"), makeCertificate(directory, "gateway")];
    const origin = await startServer(idp, { requestCert: true, ca: readFileSync(client.certificate) });
    await expect(fetchWith({ caFile: idp.certificate }, origin)).rejects.toThrow(/ failed: ./);
  });

  it("goes by what files hold at each fetch: certificates are replaced while the process runs", async () => {
    const directory = createDirectory();
    const [old, fresh] = [makeCertificate(directory, "old"), makeCertificate(directory, "fresh")];
    const caFile = join(directory, "ca.pem");
    copyFileSync(old.certificate, caFile);
    const fetchJson = createFetcher(settingsOf({ caFile }));
    const origin = await startServer(fresh);
    await expect(fetchJson(origin, { timeoutMs })).rejects.toThrow(/of no authority that is trusted \(/);
    writeFileSync(caFile, `${readFileSync(old.certificate)}\n# the next one\n${readFileSync(fresh.certificate)}`);
    expect(await fetchJson(origin, { timeoutMs })).toMatchObject({ body: { client: null } });
    writeFileSync(caFile, "SECRET");
    await expect(fetchJson(origin, { timeoutMs })).rejects.toThrow(
      `GET ${origin} failed: ${caFile} contains no certificate in PEM, or a broken certificate`,
    );
  });

  it.each<[what: string, spoil: (directory: string, client: CertificateFiles) => CertificateFiles, cause: RegExp]>([
    ["is not there", (_directory, client) => ({ ...client, key: "/nowhere" }), /\/nowhere cannot be read: ENOENT$/],
    ["is no key", (_directory, { certificate }) => ({ certificate, key: certificate }), /holds no private key in PEM/],
    [
      "belongs to another certificate",
      (directory, { certificate }) => ({ certificate, key: makeCertificate(directory, "other").key }),
      /does not belong to the certificate in /,
    ],
  ])("with a client's key that %s is not tried", async (_what, spoil, cause) => {
    const directory = createDirectory();
    const { certificate, key } = spoil(directory, makeCertificate(directory, "client"));
    const origins = forOrigin("https://127.0.0.1:1", {
      clientCertificate: { certificateFile: certificate, keyFile: key },
    });
    await expect(fetchWith({ origins }, "https://127.0.0.1:1")).rejects.toThrow(cause);
  });

  it.each(["", "two\nlines", "caf\u00e9", "nul\0"])("with a header's value of %j is not tried", async (value) => {
    const file = join(createDirectory(), "value");
    writeFileSync(file, value);
    const origins = forOrigin("https://127.0.0.1:1", { headerFiles: new Map([["x-key", file]]) });
    await expect(fetchWith({ origins }, "https://127.0.0.1:1")).rejects.toThrow(
      `${file} must contain one line of visible ASCII, as the value of a header`,
    );
  });
}
