import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFetcher } from "../../../plugin/keys/fetch/fetch-json.ts";
import type { ResolveName } from "../../../plugin/keys/fetch/resolve-name.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { type KeyServer, startKeyServer } from "../key-server.ts";

const timeoutMs = 10_000;
let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
  server.answer("/x", { json: {} });
});
afterAll(() => server.stop());

/**
 * A name server that returns these addresses for every name: one list after the other, and then always the last list.
 */
function resolveTo(...answers: readonly (readonly string[])[]): ResolveName & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  const resolve: ResolveName = async (hostname) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return Object.assign(resolve, { asked });
}

describe("a name that resolves to a forbidden address is refused, and no connection is made", () => {
  it.each<[address: string, what: string]>([
    ["169.254.169.254", "a link-local address"],
    ["fd00:ec2::254", "a cloud metadata address"],
    ["127.0.0.1", "a loopback address"],
    ["::1", "a loopback address"],
    ["::ffff:127.0.0.1", "a loopback address"],
    ["0.0.0.0", "an unspecified address"],
  ])("%s", async (address, what) => {
    const url = `http://idp.internal:${new URL(server.origin).port}/x`;
    const before = server.requests.length;
    const asked = createFetcher(undefined, resolveTo([address]))(url, { timeoutMs, allowHttp: true });
    await expect(asked).rejects.toThrow(new Error(`GET ${url} failed: idp.internal resolves to ${address}, ${what}`));
    expect(server.requests).toHaveLength(before);
  });

  const unknown = /failed: the host name (?:does not resolve|cannot be resolved at the moment) \(/;
  it.each<[what: string, url: string, resolve: ResolveName | undefined, cause: RegExp]>([
    [
      "together with allowed addresses",
      "https://idp.internal/x",
      resolveTo(["10.255.255.1", "169.254.169.254"]),
      /resolves to 169\.254\.169\.254/,
    ],
    [
      "localhost at another address",
      "http://localhost/x",
      resolveTo(["10.255.255.1"]),
      /localhost resolves to 10\.255\.255\.1, not a loopback address$/,
    ],
    ["without any address", "https://idp.internal/x", resolveTo([]), /has no address$/],
    ["that is unknown", "https://idp.invalid/x", undefined, unknown],
  ])("also a name %s", async (_what, url, resolve, cause) => {
    await expect(createFetcher(undefined, resolve)(url, { timeoutMs })).rejects.toThrow(cause);
  });
});

describe("an address in the URL is judged in the same way, in any spelling, and no name server is asked", () => {
  const kinds = / failed: \S+ is an? (?:link-local|loopback|cloud metadata|unspecified|reserved or broadcast) address$/;
  it.each([
    ...["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "[fe80::1]", "[::]"],
    ...["[::ffff:169.254.169.254]", "[::ffff:127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "0"],
    ...["[fd00:ec2::254]", "255.255.255.255", "100.100.100.200"],
  ])("https://%s/", async (host) => {
    const resolve = resolveTo(["10.255.255.1"]);
    await expect(createFetcher(undefined, resolve)(`https://${host}/`, { timeoutMs })).rejects.toThrow(kinds);
    expect(resolve.asked).toEqual([]);
  });

  it.each(["127.1", "0x7f.1", "2130706433", "017700000001"])("http://%s is loopback, and says so", async (host) => {
    const { port } = new URL(server.origin);
    expect(await createFetcher()(`http://${host}:${port}/x`, { timeoutMs })).toMatchObject({ body: {} });
  });
});

const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((entry) => entry?.family === "IPv4" && !entry.internal && !entry.address.startsWith("169.254."))?.address;

if (ownAddress === undefined) {
  reportMissing("names that resolve to this machine's own address", "no network interface but loopback");
} else {
  describe("a name that resolves to an address of the network", () => {
    const listening = createServer((request, response) => response.end(JSON.stringify({ host: request.headers.host })));
    beforeAll(() => new Promise<void>((resolve) => void listening.listen(0, ownAddress, resolve)));
    afterAll(() => new Promise((resolve) => void listening.close(resolve)));
    const url = (): string => `http://idp.internal:${(listening.address() as AddressInfo).port}/x`;

    it("is allowed, over plain http only if the policy allows it", async () => {
      const fetchJson = createFetcher(undefined, resolveTo([ownAddress]));
      expect(await fetchJson(url(), { timeoutMs, allowHttp: true })).toMatchObject({
        body: { host: new URL(url()).host },
      });
      await expect(fetchJson(url(), { timeoutMs })).rejects.toThrow(/keys are fetched only over https/);
    });

    it("is resolved once for each fetch, so that a later, different answer has no effect", async () => {
      const resolve = resolveTo([ownAddress], ["169.254.169.254"]);
      const fetchJson = createFetcher(undefined, resolve);
      expect(await fetchJson(url(), { timeoutMs, allowHttp: true })).toMatchObject({ body: {} });
      expect(resolve.asked).toEqual(["idp.internal"]);
      await expect(fetchJson(url(), { timeoutMs, allowHttp: true })).rejects.toThrow(/a link-local address$/);
    });
  });
}
