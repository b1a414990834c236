import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { USUAL_ANSWERS } from "../../../plugin/core/model/answers.ts";
import { DENIALS, denialRow, publicReason, type Reason } from "../../../plugin/core/model/denial.ts";
import { compileDocument } from "../../core/fixtures.ts";
import { expectIssues, ISSUER_START, issuesOf } from "../read/marked-text.ts";

const REASONS = Object.keys(DENIALS) as Reason[];
const NAMES = [...new Set(REASONS.map(publicReason))];
const SHARED = REASONS.filter((reason) => publicReason(reason) !== reason);
const policy = (answers: string): string => `${ISSUER_START}answers: ${answers}\n`;
const setting = (name: string, answer: object): string => policy(JSON.stringify({ reasons: { [name]: answer } }));

it("the schema has exactly the public names of the denial table", () => {
  const schema = JSON.parse(readFileSync(new URL("../../../schema/policy.schema.json", import.meta.url), "utf8"));
  expect([...schema.properties.answers.properties.reasons.propertyNames.enum].sort()).toEqual([...NAMES].sort());
});

describe("answers", () => {
  it.each(["", "answers: {}\n", "answers: {reasons: {}}\n"])("are the defaults if the policy sets none: %j", (text) => {
    expect(compileDocument(ISSUER_START + text).answers).toEqual(USUAL_ANSWERS);
  });

  it("are as in the document", () => {
    const reasons = "{token_missing: {text: Hi}, unavailable: {status: 500}}";
    const text = policy(`{format: problem, problem_types: 'urn:example:', reasons: ${reasons}}`);
    expect(compileDocument(text).answers).toEqual({
      ...{ format: "problem", problemTypes: "urn:example:", namesScopes: false },
      reasons: new Map([
        ["token_missing", { status: undefined, text: "Hi" }],
        ["unavailable", { status: 500, text: undefined }],
      ]),
    });
  });

  it("name the scopes of a rule to clients without a valid token only if the document says so", () => {
    expect(compileDocument(policy("{name_scopes: true}")).answers.namesScopes).toBe(true);
    expect(compileDocument(policy("{name_scopes: false}")).answers.namesScopes).toBe(false);
    expectIssues(policy("{name_scopes: ‸'yes'}"), "wrong_type", /true or false/);
  });

  it.each(NAMES)("can have their own words for %s", (name) => {
    expect(issuesOf(setting(name, { text: "No" }))).toEqual([]);
  });

  it.each(SHARED)("cannot have a message for %s alone, because a client must not distinguish this reason", (reason) => {
    const rest = `set the answer of all of them under "${publicReason(reason)}"\\.$`;
    const message = new RegExp(`^A client must not be able to distinguish "${reason}" from .*: ${rest}`);
    expectIssues(policy(`{reasons: {‸${reason}: {text: "No"}}}`), "answer_indistinct", message);
  });

  it.each(["token_mising", "signature", "toString", "__proto__"])(
    "cannot have words for %s, which is not a reason",
    (name) => {
      const marked = policy(`{reasons: {‸${name}: {text: "No"}}}`);
      expectIssues(marked, "invalid_value", /is not one of no_matching_rule, /);
    },
  );
});

describe("a status", () => {
  it.each<[name: string, status: number]>([
    ["no_matching_rule", 404],
    ["token_missing", 403],
    ["invalid_token", 498],
    ["access_denied", 401],
    ["scope_insufficient", 404],
    ["token_expired", 419],
    ["unavailable", 500],
    ["internal_error", 503],
  ])("of %s may be %i", (name, status) => {
    expect(issuesOf(setting(name, { status }))).toEqual([]);
  });

  const again = "would make the client try again; the usual status is";
  it.each<readonly [name: string, status: number, message: RegExp]>([
    ["token_missing", 500, new RegExp(`^Status 500 must begin with 4: .*, but a 5xx status ${again} 401\\.$`)],
    ["invalid_token", 503, new RegExp(`${again} 401\\.$`)],
    [
      "unavailable",
      403,
      /^Status 403 must begin with 5: .*, but a 4xx status would make the client give up; .* 503\.$/,
    ],
    ["internal_error", 404, /give up; the usual status is 500\.$/],
    ["access_denied", 405, /^Status 405 needs the header field Allow; the usual status is 403\.$/],
    ["token_missing", 407, /is only for proxies/],
    ...[408, 421, 425].map((status) => ["token_missing", status, /makes clients repeat the request/] as const),
    ["token_missing", 417, /answers the header field Expect/],
    ["token_missing", 426, /needs the header field Upgrade/],
    ...[444, 494, 495, 496, 497, 499].map((status) => ["token_missing", status, /is nginx's own/] as const),
    ["unavailable", 511, /ask for a login/],
  ])("of %s may not be %i", (name, status, message) => {
    expectIssues(policy(`{reasons: {${name}: {status: ‸${status}}}}`), "answer_invalid", message);
  });

  it.each(["200", "204", "302", "399", "600", "1000", "-401", "401.5", '"404"', "true", "null"])(
    "is not a status: %s",
    (status) => {
      const issues = issuesOf(policy(`{reasons: {token_missing: {status: ${status}}}}`));
      expect(issues.map(({ pointer }) => pointer)).toEqual(["/answers/reasons/token_missing/status"]);
    },
  );

  it.each(REASONS)("stays in the class of %s", (reason) => {
    const { status } = denialRow(reason);
    const [same, other] = status < 500 ? [400, 500] : [500, 400];
    expect(issuesOf(setting(publicReason(reason), { status: same }))).toEqual([]);
    expect(issuesOf(setting(publicReason(reason), { status: other }))).toHaveLength(1);
  });
});

describe("a string", () => {
  const long = ["x", "\u{1f511}"].map((character) => character.repeat(200));
  it.each(["No", "a", ...long, "Straße „x“", 'a "b" \\ c', "<script>", "a  b", "日本語"])("may be %j", (text) => {
    expect(issuesOf(setting("token_missing", { text }))).toEqual([]);
  });

  it.each([
    ["is empty", ""],
    ["is long", "x".repeat(201)],
    ["has a line break", "a\r\nx-evil: 1"],
    ["has a line feed", "a\nb"],
    ["has a tab", "a\tb"],
    ["has NUL", "a\u0000b"],
    ["has DEL", "a\u007fb"],
    ["has a C1 control", "a\u0085b"],
    ["has a line separator", "a\u2028b"],
    ["has a paragraph separator", "a\u2029b"],
    ["turns the direction of writing", "a\u202eb"],
    ["has what takes no room", "a\u200bb"],
    ["has half a character", "a\ud83db"],
    ["begins with a space", " a"],
    ["ends with a space", "a "],
    ["is a space", " "],
  ])("must not be a string that %s", (_what, text) => {
    const pointers = issuesOf(setting("token_missing", { text })).map(({ pointer }) => pointer);
    expect(pointers).toEqual(["/answers/reasons/token_missing/text"]);
  });
});

describe("the types of problem details", () => {
  it.each([
    ...["https://docs.example.com/errors/", "https://docs.example.com/errors#", "urn:example:"],
    ...["https://a.example/?e=", "tag:a@b.example,2026:"],
  ])("may begin with %s", (text) => {
    expect(issuesOf(policy(`{problem_types: "${text}"}`))).toEqual([]);
  });

  it.each([
    ...["", "errors/", "/errors/", "https://docs.example.com/errors", "https://docs.example.com/e r/"],
    ...["https://d.example/{x}/", `https://d.example/${"x".repeat(500)}/`],
  ])("may not begin with %j", (text) => {
    const pointers = issuesOf(policy(`{problem_types: "${text}"}`)).map(({ pointer }) => pointer);
    expect(pointers).toContain("/answers/problem_types");
  });
});
