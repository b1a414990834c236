/**
 * Random policies from a small vocabulary, and random edits of them. The vocabulary has few words, so that rules often
 * overlap.
 */

export type Random = () => number;

/** mulberry32: a small and fast generator with the same results on all machines. */
export function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Members = Record<string, unknown>;

const SCOPES = ["a", "b", "c"];
const ROLES = ["x", "y"];
export const AUDIENCES = ["A", "B", "C"];
export const ISSUERS = ["https://one.example.com", "https://two.example.com"];
const PATHS = ["/o", "/o/{id}", "/p", "/{id}"];
const METHODS = ["GET", "POST", "PUT"];
const CONDITIONS: readonly Members[] = [
  {},
  { equals: "gold" },
  { one_of: ["gold", "free"] },
  { matches: "go[a-z]+" },
  { matches: "[a-z]{4}" },
  { min: 2 },
  { max: 3 },
  { contains_any: ["gold"] },
  { contains_all: ["gold", "free"] },
  { absent: true },
  { one_of: ["gold", 3], absent: "allowed" },
  { not: { equals: "gold" } },
  { not: { matches: "go[a-z]+" }, absent: "allowed" },
  { not: { contains_any: ["free"] } },
  { min: 1, not: { max: 2 } },
];

const ROLE_CLAIMS = [["roles", "more_roles"], "more_roles", ["roles", { claim: "more_roles", separator: "," }]];

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

function some<T>(random: Random, values: readonly T[]): T[] {
  return values.filter(() => random() < 0.4);
}

function names(random: Random, values: readonly string[]): Members | undefined {
  const lists = { all_of: some(random, values), any_of: some(random, values), none_of: some(random, values) };
  const kept = Object.entries(lists).filter(([key, list]) => list.length > 0 && (key === "all_of" || random() < 0.5));
  const forbidden = kept.find(([key]) => key === "none_of")?.[1] ?? [];
  // If a policy requires and excludes the same name, this is an error.
  const sound = kept
    .map(([key, list]) => [key, key === "none_of" ? list : list.filter((name) => !forbidden.includes(name))] as const)
    .filter(([, list]) => list.length > 0);
  return sound.length === 0 ? undefined : Object.fromEntries(sound);
}

function requirements(random: Random): Members {
  const chosen: Members = {};
  const add = (key: string, value: unknown, chance: number): void => {
    if (value !== undefined && random() < chance) {
      chosen[key] = value;
    }
  };
  add("required_scopes", names(random, SCOPES), 0.6);
  add("required_roles", names(random, ROLES), 0.3);
  add("required_claims", { plan: pick(random, CONDITIONS) }, 0.4);
  add("audiences", [...new Set([pick(random, AUDIENCES), pick(random, AUDIENCES)])], 0.2);
  return chosen;
}

/** The keys of a rule or operation. */
function access(random: Random, issuers: readonly string[]): Members {
  const draw = random();
  if (draw < 0.08) {
    return { access: "public" };
  }
  const accept = { accept: [...new Set([pick(random, issuers), pick(random, issuers)])] };
  const shared = {
    ...accept,
    ...(draw < 0.16 ? { access: "optional" } : {}),
    ...(random() < 0.1 ? { other_authentication: pick(random, ["skip", "require"]) } : {}),
    ...(random() < 0.1 ? { mode: "report" } : {}),
    ...(random() < 0.1 ? { allow_http: true } : {}),
    ...(random() < 0.1 ? { cors_preflight: "pass" } : {}),
  };
  if (random() < 0.3) {
    const alternatives = Array.from({ length: 2 + Math.floor(random() * 2) }, () => requirements(random));
    const filled = alternatives.map((alternative) =>
      Object.keys(alternative).length === 0 ? { required_scopes: [pick(random, SCOPES)] } : alternative,
    );
    return { ...shared, any_of: filled };
  }
  return { ...shared, ...requirements(random) };
}

function rule(random: Random, issuers: readonly string[]): Members {
  if (random() < 0.5) {
    return access(random, issuers);
  }
  const operations = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
    methods: [...new Set([pick(random, METHODS), pick(random, METHODS)])],
    path: pick(random, PATHS),
    ...access(random, issuers),
  }));
  return { operations };
}

function issuer(random: Random, text: string): Members {
  return {
    issuer: text,
    audiences: [...new Set([pick(random, AUDIENCES), pick(random, AUDIENCES)])],
    algorithms: random() < 0.3 ? ["ES256", "EdDSA"] : ["ES256"],
    ...(random() < 0.3 ? { token_type: pick(random, ["at+jwt", "jwt"]) } : {}),
    ...(random() < 0.2 ? { clock_skew: pick(random, ["0s", "60s", "2m"]) } : {}),
    ...(random() < 0.2 ? { max_token_age: pick(random, ["10m", "1h"]) } : {}),
    ...(random() < 0.2 ? { max_token_lifetime: pick(random, ["10m", "1h"]) } : {}),
    ...(random() < 0.2 ? { bound_tokens: "accept" } : {}),
    ...(random() < 0.2 ? { required_claims: { plan: pick(random, CONDITIONS) } } : {}),
    ...(random() < 0.3 ? { claims: { roles: pick(random, ROLE_CLAIMS) } } : {}),
  };
}

/** A document that may have errors, for example operations that overlap. */
export function randomDocument(random: Random): Members {
  const ids = random() < 0.4 ? ["one", "two"] : ["one"];
  return {
    jwt_policy: 1,
    name: "random",
    issuers: Object.fromEntries(ids.map((id, index) => [id, issuer(random, ISSUERS[index] ?? "")])),
    routes: Object.fromEntries(["r", "s"].map((id) => [id, rule(random, ids)])),
  };
}

/** A copy of the document in which a new random part replaces one part. */
export function editDocument(document: Members, random: Random): Members {
  const copy = structuredClone(document);
  const issuers = copy.issuers as Record<string, Members>;
  const routes = copy.routes as Record<string, Members>;
  const ids = Object.keys(issuers);
  const draw = random();
  if (draw < 0.3) {
    const id = pick(random, ids);
    const text = String(issuers[id]?.issuer);
    const fresh = issuer(random, text);
    const key = pick(random, Object.keys({ ...fresh, ...issuers[id] }));
    issuers[id] = random() < 0.3 ? fresh : { ...issuers[id], [key]: fresh[key] };
  } else {
    const id = pick(random, ["r", "s"]);
    const operations = routes[id]?.operations as Members[] | undefined;
    if (operations && draw < 0.8) {
      const index = Math.floor(random() * operations.length);
      operations[index] = { ...operations[index], ...editAccess(operations[index] ?? {}, random, ids) };
    } else {
      routes[id] = draw < 0.6 && !operations ? editAccess(routes[id] ?? {}, random, ids) : rule(random, ids);
    }
  }
  // Keys that an edit removed are absent, and not null.
  return JSON.parse(JSON.stringify(copy));
}

function editAccess(source: Members, random: Random, ids: readonly string[]): Members {
  const fresh = access(random, ids);
  const key = pick(random, Object.keys({ ...fresh, ...source }));
  return random() < 0.5 ? { ...source, [key]: fresh[key] } : fresh;
}
