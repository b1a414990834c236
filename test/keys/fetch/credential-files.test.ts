import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openCredentialFiles } from "../../../plugin/keys/fetch/credential-files.ts";
import { NO_FETCH_SETTINGS } from "../../../plugin/keys/fetch/fetch-settings.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { CERTIFICATE } from "./certificate.ts";

it("authorities are parsed again only if their file has changed, and the proxy shares them with origins of the same file", async () => {
  const directory = temporaryFolder(onTestFinished);
  const [general, own, secret] = ["general", "own", "secret"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(general, CERTIFICATE);
  writeFileSync(own, CERTIFICATE);
  writeFileSync(secret, " s3cret\n");
  const header = { prefix: "Bearer ", file: secret };
  const files = openCredentialFiles({
    ...NO_FETCH_SETTINGS,
    caFile: general,
    proxy: { url: "http://proxy", authorizationFile: secret, noProxy: [] },
    origins: new Map([
      ["https://own", { caFile: own, clientCertificate: undefined, headers: new Map([["authorization", header]]) }],
    ]),
  });
  const other = await files.forOrigin("https://other");
  const named = await files.forOrigin("https://own");
  const proxy = await files.forProxy();
  expect(proxy.context).toBe(other.context);
  expect(named.context).not.toBe(other.context);
  expect([other.headers, named.headers, proxy.headers]).toEqual([
    {},
    { authorization: "Bearer s3cret" },
    { "proxy-authorization": "s3cret" },
  ]);
  writeFileSync(general, `${CERTIFICATE}\n# the next one\n`);
  expect((await files.forOrigin("https://own")).context).toBe(named.context);
  const changed = (await files.forOrigin("https://other")).context;
  expect(changed).not.toBe(other.context);
  expect((await files.forOrigin("https://another")).context).toBe(changed);
  writeFileSync(general, "");
  await expect(files.forOrigin("https://other")).rejects.toThrow(`${general} contains no certificate in PEM`);
});
