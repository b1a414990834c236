import { readFileSync } from "node:fs";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { adviseFailure } from "../../../cli/online/advise-failure.ts";
import { createFetcher } from "../../../plugin/keys/fetch/fetch-json.ts";
import { NO_FETCH_SETTINGS } from "../../../plugin/keys/fetch/fetch-settings.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { makeCertificate, missingOpenssl } from "../../keys/fetch/certificates.ts";
import { type Answer, type KeyServer, startKeyServer, status } from "../../keys/key-server.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { checkPolicy, listPlaces, policyOf } from "./online-scene.ts";

let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
});
afterAll(() => server.stop());

/** Never answers. */
const hang: Answer = () => {};
const html: Answer = (_request, response) => {
  response.writeHead(200, { "content-type": "text/html" }).end("<html>Please log in, s3cret</html>");
};
const redirect: Answer = (_request, response) => {
  response.writeHead(302, { location: "http://127.0.0.1/elsewhere" }).end();
};
const tooShort: Answer = (_request, response) => {
  response.writeHead(200, { "content-length": "100" });
  response.write("{");
  response.destroy();
};

/**
 * Each row has the answer at the address of the metadata, the cause, and what to do. If the code is not
 * `issuer_answer_invalid`, it also has the code.
 */
const MISBEHAVIOURS: [title: string, answer: Answer, cause: string, advice: string, code?: string][] = [
  ["is not there (404)", status(404), "status 404", "The address is wrong"],
  ["answers 403", status(403), "status 403", '"client_certificate" or "headers"'],
  ["is down (503)", status(503), "status 503", "try again later"],
  ["answers 429", status(429), "status 429", "the provider is down"],
  ["redirects, which production never follows", redirect, "status 302", "Write the address that"],
  ["answers HTML instead of JSON", html, "a web page instead of JSON", "a login page or an error page"],
  ["answers text that is not JSON", { text: "no" }, "not a JSON object", "open the URL by hand"],
  ["answers a list", { text: "[]" }, "not a JSON object", "open the URL by hand"],
  ["names a member twice", { text: '{"a":1,"a":2}' }, "not a JSON object", "contains the same member twice"],
  ["is longer than half a megabyte", { text: `"${"x".repeat(600_000)}"` }, "longer than", "This is not a key set"],
  ["breaks off", tooShort, "ECONNRESET", "a device on the way", "issuer_unreachable"],
  ["never answers", hang, "no complete answer in 1000 ms", "key_refresh: { timeout: 10s }", "issuer_unreachable"],
  ["has no jwks_uri", { json: { issuer: "x" } }, "jwks_uri is missing", "Use `discovery: oauth`"],
  [
    "has another issuer",
    { json: { issuer: "https://other.example", jwks_uri: "x" } },
    "https://other.example, expected",
    "exactly the same",
    "issuer_differs",
  ],
];

describe("validate --online, of metadata that", () => {
  it.each(MISBEHAVIOURS)("%s", async (title, answer, cause, advice, code = "issuer_answer_invalid") => {
    const path = `/${encodeURIComponent(title)}`;
    server.answer(`${path}/.well-known/openid-configuration`, answer);
    const checked = await checkPolicy(policyOf(`issuer: ${server.origin}${path}`, "key_refresh: { timeout: 1s }"));
    expect(listPlaces(checked)).toEqual([`5:13 error ${code}`]);
    const { message = "" } = checked.findings[0] ?? {};
    expect(message).toMatch(/^The keys of issuer "acme" cannot be loaded: /);
    expect(message).toContain(cause);
    expect(message).toContain(advice);
    expect(message).not.toContain("s3cret");
    expect(checked.policy).toBeUndefined();
  });

  it("leads to a document that is not a key set, which is a finding about the issuer", async () => {
    const issuer = `${server.origin}/no-set`;
    server.answer("/no-set/.well-known/openid-configuration", { json: { issuer, jwks_uri: `${issuer}/keys` } });
    server.answer("/no-set/keys", { json: { issuer } });
    const checked = await checkPolicy(policyOf(`issuer: ${issuer}`));
    expect(listPlaces(checked)).toEqual(["5:13 error issuer_answer_invalid"]);
    expect(checked.findings[0]?.message).toContain("write it as `metadata_uri`");
  });

  it("is at a name that does not resolve: the message asks the user to check the name", async () => {
    const unknown = Object.assign(new Error("getaddrinfo ENOTFOUND idp.example.com"), { code: "ENOTFOUND" });
    const fetcher = createFetcher(NO_FETCH_SETTINGS, () => Promise.reject(unknown));
    const checked = await checkPolicy(policyOf("issuer: https://idp.example.com"), fetcher);
    expect(listPlaces(checked)).toEqual(["5:13 error issuer_unreachable"]);
    expect(checked.findings[0]?.message).toContain(
      "the host name does not resolve (ENOTFOUND). Check the spelling of the host name",
    );
  });

  it("is at an address that the plugin server refuses, because the name leads to the metadata service of a cloud", async () => {
    const fetcher = createFetcher(NO_FETCH_SETTINGS, async () => [{ address: "169.254.169.254", family: 4 }]);
    const checked = await checkPolicy(policyOf("issuer: https://idp.example.com"), fetcher);
    expect(checked.findings[0]?.message).toContain(
      "idp.example.com resolves to 169.254.169.254, a link-local address. The plugin fetches no keys from such an address",
    );
  });

  it("is on a port where no server listens, or where another protocol answers", async () => {
    const other = await listen(createTcp((socket) => void socket.end("SSH-2.0-OpenSSH\r\n", () => socket.destroy())));
    const foreign = await checkPolicy(policyOf(`issuer: http://127.0.0.1:${other.port}`));
    expect(foreign.findings[0]?.message).toContain("The port uses another protocol than the address");
    await new Promise<void>((resolve) => void other.server.close(() => resolve()));
    const closed = await checkPolicy(policyOf(`issuer: http://127.0.0.1:${other.port}`));
    expect(closed.findings[0]?.message).toContain("No server listens there");
  });

  it("is served over plain http at an https address", async () => {
    const checked = await checkPolicy(policyOf(`issuer: ${server.origin.replace("http:", "https:")}`));
    expect(listPlaces(checked)).toEqual(["5:13 error issuer_unreachable"]);
    expect(checked.findings[0]?.message).toContain("The port uses another protocol than the address");
  });
});

if (missingOpenssl !== undefined) {
  reportMissing("validate --online, with certificates of our own", missingOpenssl);
} else {
  it("says which TLS setting is wrong: an unknown authority, or another host", async () => {
    const cases = [
      ["DNS:localhost", "no trusted authority", 'Name its authority as "ca_file"'],
      ["DNS:idp.example.com", "for another host", "one of the names in the certificate"],
    ] as const;
    for (const [names, cause, advice] of cases) {
      const files = makeCertificate(temporaryFolder(onTestFinished), "idp", names);
      const { port } = await listen(
        createHttps({ cert: readFileSync(files.certificate), key: readFileSync(files.key) }),
      );
      const trusted = cause === "for another host" ? files.certificate : undefined;
      const fetcher = createFetcher({ ...NO_FETCH_SETTINGS, caFile: trusted });
      const checked = await checkPolicy(policyOf(`issuer: https://localhost:${port}`), fetcher);
      expect(checked.findings[0]?.message).toContain(cause);
      expect(checked.findings[0]?.message).toContain(advice);
    }
  });
}

it("has advice for each cause that the reference lists for readers of the log", () => {
  const page = readFileSync(new URL("../../../docs/reference/key-fetches.md", import.meta.url), "utf8");
  const [, table = ""] = page.split("## When a fetch fails");
  const causes = [...table.matchAll(/^\| (`.*?) \| /gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, cause = ""]) => cause),
  );
  expect(causes.length).toBeGreaterThan(20);
  const general = adviseFailure("something else").advice;
  expect(causes.filter((cause) => adviseFailure(cause).advice === general)).toEqual([]);
});

async function listen(server: Server): Promise<{ readonly server: Server; readonly port: number }> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}
