import { readYaml } from "../../plugin/policy/read/read-document.ts";

/** The kind of file that a command expects. */
export type Wanted = "policy" | "test file" | "decK file";

interface Kind {
  /** The name of the kind, written as the end of "This is …". */
  readonly name: string;
  /** Says what to do with a file of this kind. */
  readonly next: string;
}

type PlainMap = Readonly<Record<string, unknown>>;

const POLICY: Kind = {
  name: "a policy",
  next: 'Check a policy with "kong-jwt-policy validate", and give its tests, such as payments.test.yaml, to "kong-jwt-policy test".',
};
const TESTS: Kind = {
  name: "a test file",
  next: 'Run a test file with "kong-jwt-policy test", and let its name end with .test.yaml.',
};
const STATE: Kind = { name: "a decK file (kong.yml)", next: 'Check a decK file with "kong-jwt-policy render".' };
const KEYS_OF = "In a policy, write the name of the JWKS file under issuers.<id>.keys.jwks_files.";
const ENTITIES = ["services", "routes", "plugins", "consumers", "upstreams", "_info", "_plugin_configs"];

/** The first entry whose test matches decides the kind of the file. */
const KINDS: readonly (readonly [matches: (data: PlainMap) => boolean, kind: Kind])[] = [
  [(data) => "jwt_policy" in data, POLICY],
  [(data) => "jwt_policy_test" in data, TESTS],
  [(data) => "_format_version" in data, STATE],
  [isKeySet, { name: "a JSON Web Key Set (JWKS)", next: KEYS_OF }],
  [
    (data) => isText(data.kty),
    { name: "one JSON Web Key", next: `Put the key into a JWKS: {"keys": […]}. ${KEYS_OF}` },
  ],
  [
    isSchema,
    {
      name: "a JSON Schema",
      next: "A schema describes other files for editors: give the file that the schema describes.",
    },
  ],
  [
    (data) => "openapi" in data || "swagger" in data,
    { name: "a description of an API (OpenAPI)", next: "A policy must be a separate file." },
  ],
  [
    (data) => isText(data.apiVersion) && isText(data.kind),
    { name: "a Kubernetes manifest", next: "Give the policy in the manifest as a separate file." },
  ],
  [
    (data) => isText(data.issuer) && isText(data.jwks_uri),
    {
      name: "the metadata of an issuer",
      next: 'With "keys: { discovery: true }" in a policy, the plugin reads the metadata from the issuer.',
    },
  ],
  [
    (data) => "fetch_settings" in data,
    { name: "a file of fetch settings", next: 'Give this file to the plugin server with "--fetch-settings".' },
  ],
  [
    (data) => "decision_log" in data,
    {
      name: "a file of settings for the decision log",
      next: 'Give this file to the plugin server with "--decision-log".',
    },
  ],
  [
    (data) => "abuse" in data,
    { name: "a file of abuse settings", next: 'Give this file to the plugin server with "--abuse".' },
  ],
  [(data) => ENTITIES.some((name) => Array.isArray(data[name])), STATE],
];

/**
 * Says which kind of file the user gave, and which kind the command expected. The result is undefined if the file may
 * be of the expected kind. It is also undefined if the file's kind is not known. The text never quotes the file,
 * because any file may be secret.
 */
export function describeOtherKind(text: string, wanted: Wanted): string | undefined {
  if (/^\ufeff?(?:\s|#[^\n]*(?:\n|$)|---\s)*$/.test(text)) {
    return `This file is empty, or has only comments. Expected: ${describeWanted(wanted)}.`;
  }
  const kind = recognize(text);
  return kind && kind.name !== `a ${wanted}` && !kind.name.startsWith(`a ${wanted} (`)
    ? `This is ${kind.name}, not a ${wanted}. ${kind.next}`
    : undefined;
}

function recognize(text: string): Kind | undefined {
  if (/^\s*-----BEGIN /.test(text)) {
    return {
      name: "a PEM file",
      next: "In a policy, write the names of public key files under issuers.<id>.keys.pem_files.",
    };
  }
  if (/^\s*(?:Bearer\s+)?eyJ[\w-]*\.[\w-]*\.[\w-]*\s*$/.test(text)) {
    return { name: "a token", next: 'Give a token to "kong-jwt-policy explain POLICY --token -".' };
  }
  const source = readYaml(text);
  if (!source.ok) {
    return recognizeBroken(text);
  }
  const { data } = source.value;
  if (Array.isArray(data) || typeof data !== "object" || data === null) {
    const name = Array.isArray(data) ? "a list" : "plain text";
    return { name, next: 'A policy, a test file and a decK file are maps, such as "name: payments".' };
  }
  return KINDS.find(([matches]) => matches(data as PlainMap))?.[1];
}

/** Recognises the kind of a file with a mistake, by a key at the start of a line. */
function recognizeBroken(text: string): Kind | undefined {
  const key = /^["']?(jwt_policy_test|jwt_policy|_format_version)["']?[ \t]*:/m.exec(text)?.[1];
  return key === undefined ? undefined : key === "jwt_policy" ? POLICY : key === "jwt_policy_test" ? TESTS : STATE;
}

/**
 * Whether the text contains a key that only decK files have. This also works for a text with a mistake, and for a text
 * that is too large for a policy.
 */
export function isUnreadableState(text: string): boolean {
  const isJson = /^\s*\{/.test(text) && /"_format_version"\s*:/.test(text);
  return isJson || recognizeBroken(text) === STATE;
}

function describeWanted(wanted: Wanted): string {
  const start = { policy: '"jwt_policy: 1"', "test file": '"jwt_policy_test: 1"', "decK file": '"_format_version"' };
  return `a ${wanted}, which begins with ${start[wanted]}`;
}

function isKeySet({ keys }: PlainMap): boolean {
  return Array.isArray(keys) && keys.some((key) => isText((key as PlainMap | null)?.kty));
}

function isSchema(data: PlainMap): boolean {
  const isNamed = isText(data.$schema) && /json-schema/.test(data.$schema);
  return isNamed || ("$id" in data && "properties" in data) || ("definitions" in data && "properties" in data);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
