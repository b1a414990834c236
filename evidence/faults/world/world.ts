import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { generateSigningKey, mintToken, replaceSignature, type SigningKey } from "../../../test/tokens.ts";

/**
 * Policies that answers can identify: each policy has its own name, scopes and identity header. So every answer and
 * every request at the upstream shows which rule of which policy judged the request.
 */
export const JUDGES = ["alpha", "beta", "gamma"] as const;
export type Judge = (typeof JUDGES)[number];

/**
 * The token of a request. Only the client `valid` always has access. A client `only_…` has access if the policy of this
 * name is in effect.
 */
export const KINDS = [
  "valid",
  "no_token",
  "expired",
  "bad_signature",
  "other_route",
  "only_alpha",
  "only_beta",
  "only_gamma",
] as const;
export type Kind = (typeof KINDS)[number];

/** Routes are numbered from 0. */
export const ROUTES = 10;
/**
 * The number of subjects per route. With several subjects, the test notices an answer that belongs to another request.
 */
const SUBJECTS = 20;

const ISSUER = "https://idp.example";
const AUDIENCE = "https://api.example";

export const judgedHeader = (judge: Judge): string => `x-judged-${judge}`;
/** The scope that the policy's rule for this route requires. */
export const requiredScope = (judge: Judge, route: number): string => `${judge}:r${route}`;
/** The policy that judges a route before any change. */
export const usualJudge = (route: number): Judge => (route % 2 === 0 ? "alpha" : "beta");

interface Ticket {
  readonly token: string | undefined;
  readonly subject: string;
}

export interface World {
  readonly directory: string;
  readonly policyRoot: string;
  /** Chooses a token for one request. @param count the number of the request. */
  ticketFor(route: number, kind: Kind, count: number): Ticket;
  /** A kong.yml in which `fileOf` names the policy file of each route. */
  configText(fileOf: (route: number) => Judge): string;
  /** Puts the policy of `judge` into the file of `file`, in one step. */
  writePolicy(file: Judge, judge: Judge): Promise<void>;
  remove(): Promise<void>;
}

/** @param upstreamUrl the address to which the one service proxies. */
export async function createWorld(upstreamUrl: string): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "faults-"));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  const key = generateSigningKey("EdDSA", "main");
  const tickets = mintTickets(key);
  const world: World = {
    directory,
    policyRoot,
    ticketFor(route, kind, count) {
      const choice = tickets.get(`${kind} ${route}`) ?? [];
      return choice[count % choice.length] ?? { token: undefined, subject: "" };
    },
    configText: (fileOf) => stringify(createKongConfig(upstreamUrl, fileOf)),
    async writePolicy(file, judge) {
      const draft = join(directory, `${file}.draft`);
      await writeFile(draft, stringify(createPolicy(judge, key)));
      await rename(draft, join(policyRoot, `${file}.yaml`));
    },
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
  await world.writePolicy("alpha", "alpha");
  await world.writePolicy("beta", "beta");
  return world;
}

function createPolicy(judge: Judge, key: SigningKey): object {
  const routes = Array.from({ length: ROUTES }, (_, route) => [
    `r${route}`,
    { required_scopes: [requiredScope(judge, route)] },
  ]);
  return {
    jwt_policy: 1,
    name: judge,
    issuers: {
      main: { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ["EdDSA"], keys: { jwks: { keys: [key.publicJwk] } } },
    },
    routes: Object.fromEntries(routes),
    header_mappings: { [judgedHeader(judge)]: "sub" },
  };
}

function createKongConfig(upstreamUrl: string, fileOf: (route: number) => Judge): object {
  const routes = Array.from({ length: ROUTES }, (_, route) => ({
    name: `r${route}`,
    paths: [`/r${route}`],
    plugins: [{ name: "jwt-policy", config: { policy_file: `${fileOf(route)}.yaml`, rule: `r${route}` } }],
  }));
  return { _format_version: "3.0", services: [{ name: "upstream", url: upstreamUrl, routes }] };
}

function mintTickets(key: SigningKey): ReadonlyMap<string, readonly Ticket[]> {
  const now = Math.floor(Date.now() / 1000);
  const mint = (subject: string, scopes: readonly string[], expiresIn = 7200): Ticket => ({
    subject,
    token: mintToken({
      key,
      claims: {
        iss: ISSUER,
        aud: AUDIENCE,
        sub: subject,
        scope: scopes.join(" "),
        iat: now - 9000,
        exp: now + expiresIn,
      },
    }),
  });
  const everyJudge = (route: number): string[] => JUDGES.map((judge) => requiredScope(judge, route));
  const tickets = new Map<string, readonly Ticket[]>();
  for (let route = 0; route < ROUTES; route += 1) {
    const subjects = Array.from({ length: SUBJECTS }, (_, index) => `user-${route}-${index}`);
    const valid = subjects.map((subject) => mint(subject, everyJudge(route)));
    const put = (kind: Kind, choice: readonly Ticket[]): void => void tickets.set(`${kind} ${route}`, choice);
    put("valid", valid);
    put("no_token", [{ token: undefined, subject: "" }]);
    put("expired", [mint("late", everyJudge(route), -3600)]);
    put(
      "bad_signature",
      // The signature comes from another token, so it is well-formed.
      valid.map(({ token = "", subject }, index) => {
        const other = valid[(index + 1) % valid.length]?.token ?? "";
        return { subject, token: replaceSignature(token, other.slice(other.lastIndexOf(".") + 1)) };
      }),
    );
    put("other_route", [mint("stranger", everyJudge((route + 1) % ROUTES))]);
    for (const judge of JUDGES) {
      put(`only_${judge}`, [mint(`only-${judge}`, [requiredScope(judge, route)])]);
    }
  }
  return tickets;
}
