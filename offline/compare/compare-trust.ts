import { listEntries } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy, KeyOrigin } from "../../plugin/core/model/policy.ts";
import { ofBoth } from "./cells/policy-version.ts";
import type { Change, Direction } from "./change.ts";
import { write } from "./search/write-value.ts";

/** A setting of an issuer, and the direction of a change of this setting. */
interface Setting {
  readonly what: string;
  readonly value: (issuer: CompiledIssuer) => string;
  readonly direction: (before: CompiledIssuer, after: CompiledIssuer) => Direction;
}

/** The direction of a change of a number: `looser` if the number is higher than before. */
function byNumber(read: (issuer: CompiledIssuer) => number): Setting["direction"] {
  return (before, after) => (read(after) > read(before) ? "looser" : "stricter");
}

/**
 * Settings that all entries with one `iss` share. No example token can show a change of these settings. Changes of all
 * other settings appear as access changes, with an example.
 */
const SETTINGS: readonly Setting[] = [
  {
    what: "the keys come from",
    value: ({ keys }) => keys.map(describeOrigin).sort().join(", "),
    direction: compareKeys,
  },
  {
    what: "keys are used without an answer of the provider for at most",
    value: ({ keyRefresh }) => `${keyRefresh.maxStaleSeconds} s`,
    direction: byNumber(({ keyRefresh }) => keyRefresh.maxStaleSeconds),
  },
  {
    what: "keys are fetched again after at most",
    value: ({ keyRefresh }) => `${keyRefresh.maxSeconds} s`,
    direction: byNumber(({ keyRefresh }) => keyRefresh.maxSeconds),
  },
  {
    what: "keys are not fetched again for at least",
    value: ({ keyRefresh }) => `${keyRefresh.minSeconds} s`,
    direction: byNumber(({ keyRefresh }) => keyRefresh.minSeconds),
  },
  {
    what: "unknown keys are looked up at most once in",
    value: ({ keyRefresh }) => `${keyRefresh.cooldownSeconds} s`,
    direction: () => "changed",
  },
  {
    what: "an integer as sub is",
    value: ({ acceptsNumericSubject }) => (acceptsNumericSubject ? "accepted" : "refused"),
    direction: byNumber(({ acceptsNumericSubject }) => Number(acceptsNumericSubject)),
  },
];

/** A summary names at most this many tenants. */
const MAX_TENANTS = 5;

/** All entries of a policy with one `iss`, in the order of the document. */
type Entries = readonly CompiledIssuer[];

/**
 * A change of the entries with one `iss`. If several tenants of one issuer change in the same way, the user sees only
 * one change.
 */
interface IssuerChange {
  /** Identifies the change. Two tenants with the same change get the same string here. */
  readonly kind: string;
  readonly iss: string;
  readonly change: Change;
}

/**
 * Compares the issuers that have the same `iss`. The id of an issuer is only a name. An issuer with keys for each
 * tenant has one `iss` for each tenant.
 */
export function compareTrust(before: CompiledPolicy, after: CompiledPolicy): readonly Change[] {
  const [was, is] = ofBoth([before, after], entriesByIss);
  const texts = [...new Set([...was.keys(), ...is.keys()])];
  return mergeTenants(texts.flatMap((iss) => compareIssuer(iss, was.get(iss) ?? [], is.get(iss) ?? [])));
}

function entriesByIss({ issuers, issuerTemplates }: CompiledPolicy): ReadonlyMap<string, Entries> {
  const first = [...issuers.values(), ...issuerTemplates.issuers.values()];
  return new Map(first.map((issuer) => [issuer.issuer, listEntries(issuer)]));
}

function compareIssuer(iss: string, before: Entries, after: Entries): readonly IssuerChange[] {
  const [was, is] = [before[0], after[0]];
  if (!was || !is) {
    return compareTrusted(iss, after.length > 0 ? after : before, after.length > 0);
  }
  const ids = nameEntries(after);
  const oldIds = nameEntries(before);
  const renamed: readonly IssuerChange[] =
    ids === oldIds
      ? []
      : [toChange(is, ids, { direction: "changed", what: "the issuer's id is", values: [oldIds, ids] })];
  const shared = SETTINGS.flatMap((setting) => compareSetting(setting, [was, is], ids));
  return [...shared, ...renamed];
}

function compareTrusted(iss: string, entries: Entries, isNew: boolean): readonly IssuerChange[] {
  const [issuer] = entries;
  if (!issuer) {
    return [];
  }
  const keys = issuer.keys.map(describeOrigin).join(", ");
  const subject = nameEntries(entries);
  const change: Change = {
    class: "trust",
    direction: isNew ? "looser" : "stricter",
    subject,
    summary: `Issuer ${issuer.issuer} ${isNew ? "is trusted now" : "is no longer trusted"}. The issuer's keys: ${keys}.`,
    cells: [],
    content: write([issuer.issuer, issuer.keys]),
  };
  return [{ kind: kindOf(issuer, [subject, String(isNew), withoutTenant(issuer, keys)]), iss, change }];
}

function compareSetting(
  { what, value, direction }: Setting,
  issuers: readonly [CompiledIssuer, CompiledIssuer],
  subject: string,
): readonly IssuerChange[] {
  const [before, after] = issuers;
  const values = [value(before), value(after)] as const;
  return values[0] === values[1]
    ? []
    : [toChange(after, subject, { direction: direction(before, after), what, values })];
}

function toChange(
  issuer: CompiledIssuer,
  subject: string,
  { direction, what, values: [was, is] }: { direction: Direction; what: string; values: readonly [string, string] },
): IssuerChange {
  const change: Change = {
    class: "trust",
    direction,
    subject,
    summary: `Issuer ${subject}: ${what} ${is}. Before: ${was}.`,
    cells: [],
    content: `${what} ${was} ${is}`,
  };
  return {
    kind: kindOf(issuer, [subject, direction, what, withoutTenant(issuer, was), withoutTenant(issuer, is)]),
    iss: issuer.issuer,
    change,
  };
}

function nameEntries(entries: Entries): string {
  return [...new Set(entries.map(({ id }) => id))].join(", ");
}

/** The result is the same string for the same change of two tenants of one issuer. */
function kindOf({ tenantOf, issuer }: CompiledIssuer, parts: readonly string[]): string {
  return JSON.stringify([tenantOf ?? issuer, ...parts]);
}

/** Replaces the tenant by `{}`. So the same change of two tenants has the same text. */
function withoutTenant({ tenantOf, issuer }: CompiledIssuer, text: string): string {
  const tenant = tenantOf === undefined ? undefined : findTenant(tenantOf, issuer);
  const parts = text.split(/([/.,()\s]+)/);
  return parts.map((part) => (part === tenant ? "{}" : part)).join("");
}

function findTenant(template: string, iss: string): string | undefined {
  const [start = "", end = ""] = template.split(/\{[^{}]*\}/);
  const tenant = iss.slice(start.length, iss.length - end.length);
  return tenant === "" ? undefined : tenant;
}

function mergeTenants(changes: readonly IssuerChange[]): readonly Change[] {
  const groups = new Map<string, IssuerChange[]>();
  for (const change of changes) {
    groups.set(change.kind, [...(groups.get(change.kind) ?? []), change]);
  }
  return [...groups.values()].flatMap((group): readonly Change[] => {
    const [first, ...others] = group;
    if (!first || others.length === 0) {
      return group.map(({ change }) => change);
    }
    const names = others.slice(0, MAX_TENANTS).map(({ iss }) => iss);
    const more = others.length > MAX_TENANTS ? ` and ${others.length - MAX_TENANTS} more` : "";
    const summary = `${first.change.summary} The same change applies to ${names.join(", ")}${more}.`;
    return [{ ...first.change, summary, content: write(group.map(({ iss, change }) => [iss, change.content])) }];
  });
}

/** A change that only removes key sources is stricter. Every other change may add keys, so the change is looser. */
function compareKeys(before: CompiledIssuer, after: CompiledIssuer): Direction {
  const was = new Set(before.keys.map(describeOrigin));
  return after.keys.every((origin) => was.has(describeOrigin(origin))) ? "stricter" : "looser";
}

function describeOrigin(origin: KeyOrigin): string {
  const limits = [
    ...("allowHttp" in origin && origin.allowHttp ? ["plain http"] : []),
    ...("thumbprints" in origin && origin.thumbprints ? [`only ${origin.thumbprints.join(" ")}`] : []),
    ...("alg" in origin && origin.alg !== undefined ? [origin.alg] : []),
    ...("kid" in origin && origin.kid !== undefined ? [`kid ${origin.kid}`] : []),
    ...("encoding" in origin ? [origin.encoding] : []),
  ];
  return `${describePlace(origin)}${limits.length > 0 ? ` (${limits.join(", ")})` : ""}`;
}

function describePlace(origin: KeyOrigin): string {
  switch (origin.from) {
    case "discovery":
      return `the ${origin.metadata} metadata of ${origin.issuer}`;
    case "metadata_uri":
    case "jwks_uri":
      return origin.uri;
    case "jwks":
      return `keys in the policy (${origin.jwks.keys.map((key) => write(key)).join(" ")})`;
    case "jwks_file":
    case "pem_file":
    case "secret_file":
      return `file ${origin.file}`;
  }
}
