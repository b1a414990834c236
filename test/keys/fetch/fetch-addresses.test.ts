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

/** A name server with these addresses for every name: one list after the other, and then always the last list. */
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
    const { port } = new URL(server.origin);
    const before = server.requests.length;
    const asked = createFetcher(undefined, resolveTo([address]))(`http://idp.internal:${port}/x`, {
      timeoutMs,
      allowHttp: true,
    });
    await expect(asked).rejects.toThrow(
      new Error(`GET http://idp.internal:${port}/x failed: idp.internal resolves to ${address}, ${what}`),
    );
    expect(server.requests).toHaveLength(before);
  });

  it("also together with allowed addresses", async () => {
    const fetchJson = createFetcher(undefined, resolveTo(["10.255.255.1", "169.254.169.254"]));
    await expect(fetchJson("https://idp.internal/x", { timeoutMs })).rejects.toThrow(/resolves to 169\.254\.169\.254/);
  });

  it("also if it is localhost and resolves to another address", async () => {
    const fetchJson = createFetcher(undefined, resolveTo(["10.255.255.1"]));
    await expect(fetchJson("http://localhost/x", { timeoutMs })).rejects.toThrow(
      /localhost resolves to 10\.255\.255\.1, not a loopback address$/,
    );
  });

  it("and a name without any address is refused too", async () => {
    const fetchJson = createFetcher(undefined, resolveTo([]));
    await expect(fetchJson("https://idp.internal/x", { timeoutMs })).rejects.toThrow(/has no address$/);
  });

  it("and an unknown name", async () => {
    const fetchJson = createFetcher();
    await expect(fetchJson("https://idp.invalid/x", { timeoutMs })).rejects.toThrow(
      /failed: the host name (?:does not resolve|cannot be resolved at the moment) \(/,
    );
  });
});

describe("an address in the URL is judged in the same way, in any spelling, and no name server is asked", () => {
  it.each([
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://169.254.43518/",
    "https://[fe80::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[fd00:ec2::254]/",
    "https://[::]/",
    "https://0/",
    "https://255.255.255.255/",
    "https://100.100.100.200/",
  ])("%s", async (url) => {
    const resolve = resolveTo(["10.255.255.1"]);
    await expect(createFetcher(undefined, resolve)(url, { timeoutMs })).rejects.toThrow(
      / failed: \S+ is an? (?:link-local|loopback|cloud metadata|unspecified|reserved or broadcast) address$/,
    );
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

    it("is resolved once for each fetch, so that a different answer a moment later has no effect", async () => {
      const resolve = resolveTo([ownAddress], ["169.254.169.254"]);
      const fetchJson = createFetcher(undefined, resolve);
      expect(await fetchJson(url(), { timeoutMs, allowHttp: true })).toMatchObject({ body: {} });
      expect(resolve.asked).toEqual(["idp.internal"]);
      await expect(fetchJson(url(), { timeoutMs, allowHttp: true })).rejects.toThrow(/a link-local address$/);
    });
  });
}
