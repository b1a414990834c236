import { describe, expect, it } from "vitest";
import { readAbuseSettings } from "../../../plugin/policy/settings/read-abuse-settings.ts";
import { compileAbuseSettings } from "../../../plugin/runtime/abuse-settings.ts";
import { unwrap } from "../../results.ts";
import { expectedAt, summarize, takeMarks } from "../read/marked-text.ts";

describe("abuse settings", () => {
  it("may be empty: everything is reported, and nothing is refused", () => {
    const settings = compileAbuseSettings(unwrap(readAbuseSettings("abuse: 1\n")), undefined);
    expect(settings).toEqual({
      sharedTokens: {
        ...{ returns: 3, networks: 6, ipv4Prefix: 24, ipv6Prefix: 56, refuseSeconds: undefined },
        sharedNetworks: [expect.arrayContaining([{ words: [10 << 24], bits: 8 }])],
      },
      failingSubjects: { perMinute: 300 },
      unknownKeys: { perMinute: 100, factor: 10 },
      longLifetimes: { factor: 2, afterTokens: 1_000 },
      denialRates: { change: 0.3, requests: 100 },
      ...{ pseudonymSecret: undefined, rotateSeconds: 86_400, linesPerMinute: 20, repeatSeconds: 600 },
    });
  });

  it.each<[time: string, seconds: number]>([
    ["10s", 10],
    ["5m", 300],
    ["60m", 3_600],
    ["1h", 3_600],
  ])("may refuse a token for %s", (time, seconds) => {
    const text = `abuse: 1\nshared_tokens: { on_abuse: refuse_token, refuse_for: ${time} }\n`;
    expect(compileAbuseSettings(unwrap(readAbuseSettings(text)), undefined).sharedTokens?.refuseSeconds).toBe(seconds);
  });

  const network = /^This is not a network\. Write an address such as/;
  const sharing = (body: string): string => `abuse: 1\nshared_tokens: { ${body} }\n`;
  it.each<[code: string, marked: string, message: RegExp]>([
    ["unknown_key", "abuse: 1\n‸tokens: true\n", /not known here/],
    ["version_unknown", "abuse: ‸2\n", /^Format version 2 is not known/],
    ["missing_key", "‸shared_tokens: {}\n", /^The key "abuse" is missing\.$/],
    ...["refuse_for: ‸61m", "refuse_for: ‸0m", "on_abuse: ‸block", "returns: ‸17"].map(
      (body): [string, string, RegExp] => ["invalid_value", sharing(body), /./],
    ),
    ["invalid_value", sharing("shared_networks: { a: [10.0.0.0/8, ‸10.0.0.0/33] }"), network],
    ["invalid_value", sharing("shared_networks: { a: [‸our-cluster] }"), /./],
  ])("%s: %j", (code, marked, message) => {
    const read = readAbuseSettings(takeMarks(marked).text);
    const issues = read.ok ? [] : read.failure;
    expect(summarize(issues)).toEqual(expectedAt(marked, code));
    expect(issues[0]?.message).toMatch(message);
  });
});
