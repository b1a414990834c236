import { expect, it } from "vitest";
import { isDenialLine, readLogLine } from "../../../offline/logs/read-log-line.ts";
import { createDeny } from "../../../plugin/core/model/decision.ts";
import { formatDenial } from "../../../plugin/observe/decision-log.ts";

const EVIDENCE = { policy: "shop", rule: "pay", issuer: "acme", kid: "k" };
const NGINX = ', client: 10.0.0.1, server: kong, request: "POST /pay?x=1 HTTP/1.1", host: "api.example:8443"';

it.each([
  'lacks scope a: claim scope is a string: "a\\b c"',
  'quoted "x" reason=token_expired policy=other next="y"',
  "line\nfeed \u202e and \u0007",
  "",
])("reads what the plugin wrote, whatever the detail contains: %j", (detail) => {
  const line = formatDenial(createDeny({ reason: "condition_unmet", detail }, EVIDENCE));
  const read = readLogLine(`2026/11/29 12:00:00 [warn] 1#0: *5 [jwt-policy] ${line}${NGINX}`);
  expect(read).toEqual({
    ok: true,
    value: {
      isReported: false,
      reason: "condition_unmet",
      status: 403,
      policy: "shop",
      rule: "pay",
      issuer: "acme",
      detail: detail === "" ? undefined : detail.replace("\u202e", "\\u{202e}"),
      request: { method: "POST", target: "/pay?x=1" },
      host: "api.example:8443",
    },
  });
});

it("reads a line of report mode, and a line that nginx has cut within the detail", () => {
  const line = formatDenial(
    createDeny({ reason: "claim_missing", detail: "claim sub is absent" }, EVIDENCE),
    "would have denied",
  );
  const cut = readLogLine(line.slice(0, line.indexOf(" is absent")));
  expect(cut).toMatchObject({ ok: true, value: { isReported: true, detail: "claim sub", request: undefined } });
});

it.each([
  ["an empty string", "", /not a line about a refused request/],
  ["another line of the plugin", "jwt-policy: policy shop is in effect", /not a line about a refused request/],
  [
    "a reason that does not exist",
    "jwt-policy denied the request: reason=SECRET status=403 policy=a",
    /no reason that this version knows/,
  ],
  ["a reason that every object has", "jwt-policy denied the request: reason=toString status=403 policy=a", /no reason/],
  ["no policy", "jwt-policy denied the request: reason=token_missing status=401", /no policy/],
  ["no status", "jwt-policy denied the request: reason=token_missing policy=a", /no status/],
])("refuses %s without quoting it", (_what, line, message) => {
  const read = readLogLine(line);
  expect(read).toEqual({ ok: false, failure: expect.stringMatching(message) });
  expect(JSON.stringify(read)).not.toContain("SECRET");
  expect(isDenialLine(line)).toBe(line.includes("denied the request"));
});
