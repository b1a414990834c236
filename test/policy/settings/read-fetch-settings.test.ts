import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { succeed } from "../../../plugin/core/model/result.ts";
import { readFetchSettings } from "../../../plugin/policy/settings/read-fetch-settings.ts";
import { unwrap } from "../../results.ts";
import { expectedAt, summarize, takeMarks } from "../read/marked-text.ts";

const START = "fetch_settings: 1\n";
const ORIGIN = `${START}origins:\n  https://idp.internal:\n    `;

describe("settings for fetching keys", () => {
  it("may be empty", () => {
    expect(readFetchSettings(START)).toMatchObject(succeed({ document: { fetch_settings: 1, origins: {} } }));
  });

  it("may have every key, and get defaults", () => {
    const text = `${START}
ca_file: ca.pem
proxy: { url: "http://proxy.internal:3128" }
origins:
  https://idp.internal:8443: { client_certificate: { certificate_file: a.crt, key_file: a.key } }
  http://localhost:9400: { headers: { authorization: { file: a } } }
`;
    expect(unwrap(readFetchSettings(text))).toMatchObject({
      document: {
        ca_file: "ca.pem",
        proxy: { url: "http://proxy.internal:3128", no_proxy: [] },
        origins: {
          "https://idp.internal:8443": { client_certificate: { certificate_file: "a.crt" }, headers: {} },
          "http://localhost:9400": { headers: { authorization: { file: "a" } } },
        },
      },
    });
  });

  it("accept the example of docs/guides/fetching-keys.md", () => {
    const page = readFileSync(new URL("../../../docs/guides/fetching-keys.md", import.meta.url), "utf8");
    const [, example = ""] = /```yaml\n(.*?fetch_settings: 1.*?)```/s.exec(page) ?? [];
    expect(readFetchSettings(example)).toHaveProperty("value.document.origins");
  });

  it.each<[code: string, marked: string, message: RegExp]>([
    ["syntax_error", `${START}ca_file: ‸@x\n`, /./],
    ["version_unknown", "fetch_settings: ‸2\n", /^Format version 2 is not known; this release reads version 1\.$/],
    ["missing_key", "‸ca_file: a\n", /^The key "fetch_settings" is missing\.$/],
    ["unknown_key", `${START}‸ca-file: a\n`, /not known here\. Did you mean "ca_file"\?$/],
    ["duplicate_key", `${START}ca_file: a\n‸ca_file: b\n`, /already in line 2/],
    ["wrong_type", `${START}ca_file: ‸[a]\n`, /^The value must be a string, not a list\.$/],
    ["missing_key", `${START}‸proxy: {}\n`, /^The key "url" is missing\.$/],
    ["invalid_value", `${START}proxy: { url: ‸socks5://proxy }\n`, /^this string is not a valid proxy url/],
    ["invalid_value", `${START}proxy: { url: ‸"http://me:SECRET@proxy" }\n`, /^this string is not a valid proxy url/],
    ["invalid_value", `${START}proxy: { url: "http://p", no_proxy: [‸"http://a"] }\n`, /string is not a valid host/],
    ["url_insecure", `${START}origins:\n  ‸http://idp.internal: {}\n`, /^This is not an https origin/],
    ["url_insecure", `${START}origins:\n  ‸https://me@idp.internal: {}\n`, /^This is not an https origin/],
    ["url_insecure", `${START}origins:\n  ‸idp.internal: {}\n`, /^This is not an https origin/],
    ["invalid_value", `${START}origins:\n  ‸https://idp.internal/: {}\n`, /: write https:\/\/idp\.internal\.$/],
    ["invalid_value", `${START}origins:\n  ‸https://IDP.internal:443: {}\n`, /: write https:\/\/idp\.internal\.$/],
    ["missing_key", `${ORIGIN}‸client_certificate: { certificate_file: a }\n`, /^The key "key_file" is missing\.$/],
    ["wrong_type", `${ORIGIN}headers: { x-api-key: ‸SECRET }\n`, /^The value must be a map, not this string\.$/],
    ["invalid_value", `${ORIGIN}headers: { ‸host: { file: a } }\n`, /./],
    ["invalid_value", `${ORIGIN}headers: { ‸X-Api-Key: { file: a } }\n`, /./],
    ["invalid_value", `${ORIGIN}headers: { ‸"x y": { file: a } }\n`, /./],
  ])("%s: %j", (code, marked, message) => {
    const read = readFetchSettings(takeMarks(marked).text);
    const issues = !read.ok ? read.failure : [];
    expect(summarize(issues)).toEqual(expectedAt(marked, code));
    expect(issues[0]?.message).toMatch(message);
    expect(JSON.stringify(issues)).not.toContain("SECRET");
  });
});
