import { claimsOf, ISSUER } from "../../../test/core/fixtures.ts";
import { encodeSegment } from "../../../test/tokens.ts";
import { COUNTER } from "./genome.ts";
import { type BenchPolicy, COOKIE, PARAMETER } from "./policy.ts";
import type { Limits, Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";

/**
 * nginx has four buffers of 8 kB for the lines of a header. Over HTTP/1.1 no line can be longer than a buffer, and the
 * request line uses one buffer. nginx joins lines with the same name. Over HTTP/2 only the sum of all names and values
 * is limited, so one field may use the whole limit.
 */
const LINE: Limits = { "HTTP/1.1": 8_000, "HTTP/2": 30_000 };
const JOINED_LINES: Limits = { "HTTP/1.1": 24_000, "HTTP/2": 30_000 };
const ALL_LINES = both(30_000);
/** The default of `max_token_bytes`. */
const TOKEN = 7_168;
/** JSON that fits into a token with a short header and signature. */
const MAX_JSON_BYTES = 5_200;
const JSON_BYTES = both(MAX_JSON_BYTES);
const POLICY_BYTES = both(256 * 1024);

/** Cuts a text to the bytes that fit into a token. The search counts characters, and a character may have three bytes. */
function cutJson(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_JSON_BYTES ? text : bytes.subarray(0, MAX_JSON_BYTES).toString();
}

function both(limit: number): Limits {
  return { "HTTP/1.1": limit, "HTTP/2": limit };
}

const JSON_FRAGMENTS = [
  ...[
    `"${COUNTER}":0,`,
    `"a${COUNTER}":"",`,
    `"${COUNTER}":{},`,
    `"\\u00${COUNTER}":1,`,
    '"a":[',
    "[],",
    "{},",
    '{"a":0},',
  ],
  ...["0,", "[", "{", "]", "}", '"', ",", "\\n", "\\u0041", "\\\\", " ", "9", ".1", "e9", "0e999,", "1.5e9,"],
  ...["-0,", "null,", '"a",', "é", "€"],
];

export function createStages(subject: Subject, bench: BenchPolicy): readonly Stage[] {
  return [
    ...placeStages(subject),
    ...requestStages(subject, bench),
    ...tokenStages(subject, bench),
    ...verifiedStages(subject, bench),
    ...protocolStages(subject),
    policyStage(subject, bench),
  ];
}

function placeStages({ cookies, query }: Subject): readonly Stage[] {
  const cookieFragments = [
    ...[";", "; ", "=", " ", "\t", "a", `${COUNTER}`, COOKIE, `${COOKIE}=`, `${COOKIE}=a;`, "\x7f", "\ufffd", '"'],
    "%41",
  ];
  const cookie = { usual: "theme=dark; session=0123456789abcdef", fragments: cookieFragments, limits: JOINED_LINES };
  const queryFragments = [
    ...["&", "=", "a", "+", "%", "%41", "%61", PARAMETER, `${PARAMETER}=`, `${PARAMETER}=%41&`, "a=b&", "#", "é"],
    `${COUNTER}`,
  ];
  const parameter = { usual: "page=2&sort=name", fragments: queryFragments, limits: LINE };
  const sendCookie = (text: string) => ({ headers: { cookie: text } });
  const sendQuery = (text: string) => ({ target: `/items?${text}` });
  return [
    { name: "cookies: read", ...cookie, prepare: (text) => () => cookies.readCookies(text, COOKIE), send: sendCookie },
    {
      name: "cookies: read without a token",
      ...cookie,
      prepare: (text) => () => cookies.readCookies(text, COOKIE),
      goesOn: (text) => cookies.readCookies(text, COOKIE)?.length === 0,
      send: sendCookie,
    },
    {
      name: "cookies: remove",
      ...cookie,
      prepare: (text) => () => cookies.removeCookie(text, COOKIE),
      send: sendCookie,
    },
    {
      name: "query: read",
      ...parameter,
      prepare: (text) => () => query.readParameters(text, PARAMETER),
      send: sendQuery,
    },
    {
      name: "query: read without a token",
      ...parameter,
      prepare: (text) => () => query.readParameters(text, PARAMETER),
      goesOn: (text) => !text.includes("#") && query.readParameters(text, PARAMETER)?.length === 0,
      send: sendQuery,
    },
    {
      name: "query: remove",
      ...parameter,
      prepare: (text) => () => query.removeParameter(text, PARAMETER),
      send: sendQuery,
    },
  ];
}

function requestStages(subject: Subject, { policy, rule }: BenchPolicy): readonly Stage[] {
  const { path, dots, match, facts, form, exit, decision, log, reply } = subject;
  const pathInput = {
    usual: "items/1",
    fragments: [
      ...["/", "a", ".", "..", "%41", "%2f", "%C3%A9", "%ff", "%", "%25", "%u0041", ";", ":", "é", "\ufdfa", "/a"],
      ...[" ", "\x7f", "\ufffd"],
    ],
    limits: LINE,
  };
  const readPath = (text: string) => () => [dots.hasDotSegment(`/${text}`), path.splitPath(`/${text}`)];
  const sendPath = (text: string) => ({ target: `/${text}` });
  const requestFacts = facts.parseFactsVariable(USUAL_FACTS);
  if (!requestFacts) {
    throw new Error("the facts variable has another form in this version");
  }
  const known = { ...requestFacts, binding: { by: "rule", rule: rule.id }, transport: "tls" } as const;
  const denied = (changes: object): ReturnType<typeof decision.createDeny> =>
    decision.createDeny(
      { reason: "token_missing" },
      { policy: "bench", rule: rule.id },
      { ...reply.createReply(policy, known, rule.requirements), ...changes },
    );
  return [
    {
      name: "request line",
      usual: "GET /items/1?page=2 HTTP/1.1",
      fragments: [" ", "GET ", "/", "a", " HTTP/", " HTTP/1", "1", ".", "\t", "?", "é"],
      limits: LINE,
      prepare: (text) => () => facts.parseRequestLine(text),
      send: (text) => ({ requestLine: text }),
    },
    { name: "path", ...pathInput, prepare: readPath, send: sendPath },
    {
      name: "path: read without dot segments",
      ...pathInput,
      prepare: readPath,
      goesOn: (text) => !/[?#]/.test(text) && !dots.hasDotSegment(`/${text}`),
      send: sendPath,
    },
    {
      name: "Connection",
      usual: "keep-alive",
      fragments: [",", " ", "\t", "close", "keep-alive", ", ", "te", "a", "\u212a", "upgrade,", "x-user-id"],
      limits: JOINED_LINES,
      prepare: (text) => () => match.matchRequest(rule, { ...known, connection: text }, true),
      send: (text) => ({ headers: { connection: text } }),
    },
    {
      name: "facts variable",
      usual: USUAL_FACTS,
      fragments: ["\n", " ", "a", "/", "3 connection", " x", "0123456789abcdef", "\ufffd"],
      limits: ALL_LINES,
      prepare: (text) => () => facts.parseFactsVariable(text),
    },
    {
      name: "Accept",
      usual: "application/json, text/plain, */*",
      fragments: [
        ",",
        ";",
        "=",
        "*/*",
        "a/b",
        "application/json",
        "application/problem+json",
        ";q=",
        "0.5",
        '"',
        "\\",
        " ",
        ";a=1",
        `;${COUNTER}=1`,
      ],
      limits: JOINED_LINES,
      prepare: (text) => () => form.prefersProblemDetails(text),
      send: (text) => ({ headers: { accept: text } }),
    },
    {
      name: "answer",
      usual: "application/json",
      fragments: ["application/grpc", "+", ";", " ", "a", "/", "\t", ",", "é"],
      limits: LINE,
      prepare: (text) => () => exit.createExit(denied({ contentType: text, accept: text })),
      send: (text) => ({ headers: { "content-type": text } }),
    },
    {
      name: "log line",
      usual: "key-1",
      fragments: ["a", "\n", '"', "\\", " ", "é", "\ud800", "?"],
      limits: JSON_BYTES,
      prepare: (text) => () => {
        const deny = denied({ contentType: text });
        return log.formatDenial({ ...deny, evidence: { ...deny.evidence, kid: text } });
      },
      send: (text) => ({
        token: `${encodeSegment(cutJson(JSON.stringify({ alg: "ES256", kid: text })))}.${ANY_CLAIMS}.AA`,
      }),
    },
  ];
}

const USUAL_FACTS = [
  "3 connection authorization x-forwarded-proto origin access-control-request-method accept content-type",
  "GET /items/1 HTTP/1.1",
  "https 10.0.0.1 10.0.0.1",
  ...["", "", "", "", "", "", ""],
  "0123456789abcdef0123456789abcdef",
].join("\n");
const ANY_CLAIMS = encodeSegment(JSON.stringify({ iss: ISSUER }));
const ANY_HEADER = encodeSegment('{"alg":"ES256"}');

function tokenStages(subject: Subject, { policy }: BenchPolicy): readonly Stage[] {
  const { extract, base64url, decode, templates } = subject;
  const authorization = { from: "authorization" } as const;
  const header = (text: string): string => `${encodeSegment(text)}.${ANY_CLAIMS}.AA`;
  const claims = (text: string): string => `${ANY_HEADER}.${encodeSegment(text)}.AA`;
  /**
   * Puts the searched members into an object with a usual first member. If the members already end the object, they
   * stay unchanged.
   */
  const object = (first: string, text: string): string => `{${first},${text}${text.endsWith(",") ? '"z":0}' : ""}`;
  const ofClaims = (text: string): string => object(`"iss":"https://elsewhere.example"`, cutJson(text));
  const ofHeader = (text: string): string => object('"alg":"ES256"', cutJson(text));
  return [
    {
      name: "token: extract",
      usual: `Bearer ${header('{"alg":"ES256"}')}`,
      fragments: ["Bearer ", "bearer", " ", "a", ".", "=", ",", "+", "/", "~", "!", "é"],
      limits: LINE,
      prepare: (text) => () => extract.extractToken([{ source: authorization, text }], TOKEN),
      send: (text) => ({ headers: { authorization: text } }),
    },
    {
      name: "base64url",
      usual: ANY_CLAIMS,
      fragments: ["A", "B", "_", "-", "+", "=", "/", "AA", "\n"],
      limits: both(TOKEN - 300),
      prepare: (text) => () => base64url.decodeBase64url(text),
      send: (text) => ({ token: `${ANY_HEADER}.${text}.AA` }),
    },
    {
      name: "segments",
      usual: `${ANY_HEADER}.${ANY_CLAIMS}.AA`,
      fragments: [".", "A", "AA", ANY_HEADER, ANY_CLAIMS, `${ANY_HEADER}.`, "_"],
      limits: both(TOKEN),
      prepare: (text) => () => decode.decodeToken(text),
      send: (text) => ({ token: text }),
    },
    {
      name: "JOSE header",
      usual: '"kid":"1","typ":"at+jwt",',
      fragments: [...JSON_FRAGMENTS, '"kid":"', '"crit":['],
      limits: JSON_BYTES,
      prepare: (text) => {
        const token = header(ofHeader(text));
        return () => decode.decodeToken(token);
      },
      send: (text) => ({ token: header(ofHeader(text)) }),
    },
    {
      name: "claims",
      usual: '"aud":"api","sub":"alice","exp":1800000300,"scope":"read write",',
      fragments: JSON_FRAGMENTS,
      limits: JSON_BYTES,
      prepare: (text) => {
        const token = claims(ofClaims(text));
        return () => decode.decodeToken(token);
      },
      send: (text) => ({ token: claims(ofClaims(text)) }),
    },
    {
      name: "issuer",
      usual: "https://login.example/7/v2.0",
      fragments: ["https://login.example/", "/", "a", "/v2.0", "-", ".", "%", "{", "}"],
      limits: JSON_BYTES,
      prepare: (text) => () => templates.findByTemplate(policy.issuerTemplates, text),
      send: (text) => ({ token: claims(JSON.stringify({ iss: text })) }),
    },
  ];
}

/** These claims come after a good signature, because an issuer's users may choose such claims. */
function verifiedStages({ condition, propagate }: Subject, { policy, patterns }: BenchPolicy): readonly Stage[] {
  return [
    {
      name: "conditions",
      usual: "team-7@example.com",
      fragments: ["a", "b", "-", "@", ".", "0", "é", "team-", "example", "/"],
      limits: JSON_BYTES,
      prepare: (text) => () =>
        patterns.map((one) =>
          condition.checkCondition(one, { [one.claim.text]: text }, { segments: [], headers: new Map() }),
        ),
    },
    {
      name: "header mapping",
      usual: '"alice"',
      fragments: ['"a",', '"é",', '",",', "0,", '"', "a", "%", "€", "[", "{", `{"${COUNTER}":0},`, " "],
      limits: JSON_BYTES,
      prepare: (text) => {
        const list = parseList(text);
        const token = { claims: { ...claimsOf(), list, name: text }, payload: Buffer.from(text) };
        return () => propagate.propagateClaims(policy, token as Parameters<typeof propagate.propagateClaims>[1]);
      },
    },
  ];
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(`[${text.replace(/,$/, "")}]`);
  } catch {
    return [text];
  }
}

function protocolStages({ frames, messages }: Subject): readonly Stage[] {
  return [
    {
      name: "frames",
      usual: "\x04\0\0\0abcd",
      fragments: ["\0\0\0\0", "\x01\0\0\0a", "\xff\0\0\0", "a", "\0", "\xff\xff\0\0", "\xff\xff\xff\xff"],
      limits: ALL_LINES,
      prepare: (text) => {
        const chunks = text.match(/[\s\S]{1,16}/g)?.map((chunk) => Buffer.from(chunk, "latin1")) ?? [];
        return () => readQuietly(() => chunks.forEach(frames.createFrameReader(() => {})));
      },
    },
    {
      name: "protobuf: facts",
      usual: USUAL_FACTS,
      fragments: ["a", "\xff", "\xc3\xa9", "\xe2\x82", "\n", "\x00", "\xed\xa0\x80"],
      limits: ALL_LINES,
      prepare: (text) => {
        const bytes = messages.StringMessage.encode({ v: "x" });
        const value = Buffer.from(text, "latin1");
        const message = Buffer.concat([bytes.subarray(0, 1), encodeVarint(value.length), value]);
        return () => messages.StringMessage.decode(message).v?.length;
      },
    },
    {
      name: "protobuf: headers",
      usual: "accept host user-agent",
      fragments: ["a ", `x${COUNTER} `, "é ", `${COUNTER}-`, " "],
      limits: ALL_LINES,
      prepare: (text) => {
        const headers = Object.fromEntries(
          text
            .split(" ")
            .slice(0, 1000)
            .map((name) => [name, ["1", "2"]]),
        );
        const message = messages.StructMessage.encode(messages.headersToStruct(headers));
        return () => messages.structToHeaders(messages.StructMessage.decode(message));
      },
    },
  ];
}

function readQuietly(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error; // In this way, the server refuses a frame that announces too many bytes.
    }
  }
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) {
      return Buffer.from(bytes);
    }
  }
}

function policyStage({ policy }: Subject, { text: usual }: BenchPolicy): Stage {
  return {
    name: "policy text",
    usual,
    fragments: [
      ...["%\n", "- ", "a: ", `k${COUNTER}: `, "[", "{", "]", "}", "\n", " ", "  ", '"', "'", "&a ", "*a ", "!t "],
      ...["|\n", "? ", ": ", "#", "---\n", "\t", usual, "routes:\n", `  r${COUNTER}: {access: public}\n`],
      ...["issuers:\n", "jwt_policy: 1\n"],
    ],
    limits: POLICY_BYTES,
    prepare: (text) => () => policy.readPolicy(text, "0".repeat(64)),
  };
}
