import type { Json, JsonMembers } from "../../../test/core/json/slow-json.ts";
import { isBlocked, readPlace, saysSomething } from "../claim-place.ts";
import type {
  AlternativeData,
  ConditionData,
  IssuerData,
  MembershipData,
  PolicyData,
  RequirementData,
} from "../seeds/worlds.ts";

/**
 * Whether verified claims meet one of the alternatives of a rule, at `now` in seconds. A rule without alternatives has
 * one alternative: the rule itself.
 */
export function mayPass(
  data: PolicyData,
  issuer: IssuerData,
  requirements: RequirementData,
  claims: JsonMembers,
  path: Readonly<Record<string, string>>,
  now: number,
): boolean {
  const [id = ""] = Object.entries(data.issuers).find(([, known]) => known === issuer) ?? [];
  const audience = readPlace(claims, issuer.claims?.audience ?? "aud");
  const audiences = Array.isArray(audience) ? audience : [audience];
  const own = requirements.any_of ?? [requirements];
  return own.some((alternative: AlternativeData) => {
    const accept = alternative.accept ?? requirements.accept ?? Object.keys(data.issuers);
    const meant = alternative.audiences ?? requirements.audiences ?? issuer.audiences;
    const isOpen =
      accept.includes(id) &&
      audiences.every((text) => typeof text === "string") &&
      audiences.some((text) => meant.some((known) => known === text));
    return isOpen && holdsAll(issuer, alternative, claims, path, now);
  });
}

function holdsAll(
  { claims: places, clock_skew = "30s" }: IssuerData,
  { required_scopes, required_roles, required_groups, required_claims = {}, authentication }: AlternativeData,
  claims: JsonMembers,
  path: Readonly<Record<string, string>>,
  now: number,
): boolean {
  const place = places?.scopes ?? "scope";
  const scope = isBlocked(claims, place) ? 0 : readPlace(claims, place);
  return (
    hasNames(typeof scope === "string" ? readScopes(scope) : scope, required_scopes) &&
    hasNames(readAll(claims, places?.roles ?? "roles"), required_roles) &&
    hasNames(readAll(claims, places?.groups ?? "groups"), required_groups) &&
    Object.entries(required_claims).every(([place, condition]) => meetsAt(claims, place, condition, path)) &&
    isAuthenticated(authentication, claims, now, seconds(clock_skew))
  );
}

/** RFC 6749 section 3.3: a string with any other character contains no readable scopes. */
function readScopes(text: string): Json {
  const isScope = [...text].every((character) => character >= " " && character <= "~" && !`"\\`.includes(character));
  return isScope ? text.split(" ") : 0;
}

/** The names of all places in one list. If one of the places cannot be read, there is no list. */
function readAll(claims: JsonMembers, places: string | readonly string[]): Json {
  const all = [places].flat().map((place) => (isBlocked(claims, place) ? 0 : (readPlace(claims, place) ?? [])));
  return all.every((value) => typeof value === "string" || Array.isArray(value)) ? all.flat() : 0;
}

const isList = (wanted: MembershipData): wanted is readonly string[] => Array.isArray(wanted);

/** A list with anything except strings is not a list of names. It contains no name, and excludes no name. */
function hasNames(value: Json | undefined, wanted: MembershipData = []): boolean {
  const {
    all_of = [],
    any_of = [],
    none_of = [],
  } = isList(wanted) ? { all_of: wanted, any_of: [], none_of: [] } : wanted;
  const list = Array.isArray(value ?? []) ? ((value ?? []) as readonly Json[]) : [null];
  const isReadable = list.every((item) => typeof item === "string");
  const has = (name: string): boolean => isReadable && list.includes(name);
  return (
    all_of.every(has) &&
    (any_of.length === 0 || any_of.some(has)) &&
    (none_of.length === 0 || (isReadable && !none_of.some(has)))
  );
}

function meetsAt(
  claims: JsonMembers,
  place: string,
  { absent, not, ...condition }: ConditionData,
  path: Readonly<Record<string, string>>,
): boolean {
  const value = readPlace(claims, place);
  if (absent !== undefined && !saysSomething(value)) {
    return !isBlocked(claims, place);
  }
  return absent !== true && meets(value, condition, path) && (not === undefined || differs(value, not, path));
}

/** Whether the value fails a test about values of its type. */
function differs(value: Json | undefined, not: ConditionData, path: Readonly<Record<string, string>>): boolean {
  const values = [not.equals ?? [], not.one_of ?? [], not.contains_any ?? [], not.contains_all ?? []].flat();
  const isAlike = (item: Json | undefined): boolean => values.some((one) => typeof one === typeof item);
  const isFitting =
    not.contains_any || not.contains_all
      ? Array.isArray(value) && value.every(isAlike)
      : isAlike(value) ||
        (not.matches !== undefined && typeof value === "string" && value.length <= 256) ||
        ((not.min ?? not.max) !== undefined && typeof value === "number");
  return isFitting && !meets(value, not, path);
}

function meets(value: Json | undefined, condition: ConditionData, path: Readonly<Record<string, string>>): boolean {
  const { equals, one_of, matches, min, max, equals_path } = condition;
  const checks: readonly boolean[] = [
    saysSomething(value),
    equals === undefined || value === equals,
    one_of === undefined || one_of.some((one) => one === value),
    containsAll(value, condition),
    matches === undefined || fits(value, matches),
    min === undefined || (typeof value === "number" && value >= min),
    max === undefined || (typeof value === "number" && value <= max),
    equals_path === undefined || value === path[equals_path],
  ];
  return checks.every(Boolean);
}

function containsAll(value: Json | undefined, { contains_any, contains_all }: ConditionData): boolean {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const hasAny = contains_any === undefined || list.some((item) => contains_any.some((one) => one === item));
  return hasAny && (contains_all === undefined || contains_all.every((item) => list.includes(item)));
}

const fits = (value: Json | undefined, pattern: string): boolean =>
  typeof value === "string" && value.length <= 256 && new RegExp(`^(?:${pattern})$`, "su").test(value);

function isAuthenticated(
  wanted: AlternativeData["authentication"],
  { acr, amr, auth_time: time }: JsonMembers,
  now: number,
  skew: number,
): boolean {
  const { acr_values, amr: methods = [], max_age } = wanted ?? {};
  const isRecent =
    max_age === undefined || (typeof time === "number" && now - skew < time + seconds(max_age) && time <= now + skew);
  return (acr_values === undefined || acr_values.some((value) => value === acr)) && hasNames(amr, methods) && isRecent;
}

export function seconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  return Number(duration.slice(0, -1)) * (units[duration.slice(-1)] ?? Number.NaN);
}
