import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type {
  Alternative,
  CompiledIssuer,
  CompiledPolicy,
  Condition,
  Membership,
  Requirements,
} from "../../plugin/core/model/policy.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { requireNames } from "../../plugin/policy/satisfy/least-requirements.ts";

/**
 * One requirement of a policy. Each requirement is as small as possible: one scope, one test of one claim, or one limit
 * of an issuer.
 */
export interface Requirement {
  /** The requirement as text, such as `scope payments:read`. */
  readonly label: string;
  /** The path of the requirement in the document. */
  readonly path: DocumentPath;
  /** Calls `run` with a changed policy. For this call, the policy lacks only this requirement. */
  readonly without: <T>(run: () => Promise<T>) => Promise<T>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Without = Requirement["without"];

/** A set that contains every audience, issuer or origin. */
class AnyName extends Set<string> {
  override has(): boolean {
    return true;
  }
}

/** Replaces one member of an object in the compiled policy while `run` runs. */
export function replacing<T extends object, K extends keyof T>(owner: T, key: K, value: T[K]): Without {
  const mutable: Mutable<T> = owner;
  return async (run) => {
    const before = mutable[key];
    mutable[key] = value;
    try {
      return await run();
    } finally {
      mutable[key] = before;
    }
  };
}

/** The policy, and the rule's or operation's requirements, to which an alternative belongs. */
interface Context {
  readonly requirements: Requirements;
  readonly policy: CompiledPolicy;
  readonly pathOf: (key: string) => DocumentPath;
}

type Lister = (owner: Alternative, context: Context) => readonly Requirement[];

/**
 * The requirements in each part of an alternative. The TypeScript compiler demands an entry for each part, so that no
 * one can forget a new kind of requirement.
 */
const PARTS: Readonly<Record<keyof Alternative, Lister>> = {
  accept: (owner, { requirements, policy, pathOf }) => {
    const known = listIssuers(policy).length;
    const any = new AnyName(owner.accept);
    const [ofAlternative, ofRule] = [replacing(owner, "accept", any), replacing(requirements, "accept", any)];
    const label = `issuer ${[...owner.accept].join(" or ")}`;
    return owner.accept.size === known
      ? []
      : [{ label, path: pathOf("accept"), without: (run) => ofRule(() => ofAlternative(run)) }];
  },
  audiences: (owner, { pathOf }) =>
    owner.audiences
      ? [
          {
            label: `audience ${[...owner.audiences].join(" or ")}`,
            path: pathOf("audiences"),
            without: replacing(owner, "audiences", new AnyName(owner.audiences)),
          },
        ]
      : [],
  scopes: (owner, { pathOf }) => listNames(owner, "scopes", "scope", pathOf("required_scopes")),
  roles: (owner, { pathOf }) => listNames(owner, "roles", "role", pathOf("required_roles")),
  groups: (owner, { pathOf }) => listNames(owner, "groups", "group", pathOf("required_groups")),
  conditions: (owner, { pathOf }) => listConditions(owner, pathOf("required_claims")),
  authentication: (owner, { pathOf }) => listAuthentication(owner, pathOf("authentication")),
};

/** All requirements of one alternative. */
export function listRequirements(alternative: Alternative, context: Context): readonly Requirement[] {
  return (Object.keys(PARTS) as (keyof Alternative)[]).flatMap((key) => PARTS[key](alternative, context));
}

function listNames(
  owner: Alternative,
  key: "scopes" | "roles" | "groups",
  what: string,
  path: DocumentPath,
): readonly Requirement[] {
  const names = owner[key];
  const lacking = (part: keyof Membership, name: string): Without =>
    replacing(owner, key, requireNames({ ...names, [part]: names[part].filter((other) => other !== name) }));
  return [
    ...names.allOf.map((name) => ({ label: `${what} ${name}`, path, without: lacking("allOf", name) })),
    ...(names.anyOf.length === 0
      ? []
      : [
          {
            label: `${what} ${names.anyOf.join(" or ")}`,
            path,
            without: replacing(owner, key, { ...names, anyOf: [] }),
          },
        ]),
    ...names.noneOf.map((name) => ({ label: `${what} not ${name}`, path, without: lacking("noneOf", name) })),
  ];
}

/** Lists each test of each claim as one requirement. A condition without tests is one requirement. */
function listConditions(
  owner: { readonly conditions: readonly Condition[] },
  path: DocumentPath,
): readonly Requirement[] {
  const { conditions } = owner;
  return conditions.flatMap((condition, index): readonly Requirement[] => {
    const { claim, tests } = condition;
    const place = [...path, claim.text];
    if (tests.length === 0) {
      const label = condition.absent === "required" ? `no claim ${claim.text}` : `claim ${claim.text}`;
      return [{ label, path: place, without: replacing(owner, "conditions", conditions.toSpliced(index, 1)) }];
    }
    return tests.map((test, position) => ({
      label: `claim ${claim.text} ${test.is === "not" ? `not ${test.test.is}` : test.is}`,
      path: [...place, test.is],
      without: replacing(
        owner,
        "conditions",
        conditions.with(index, { ...condition, tests: tests.toSpliced(position, 1), absent: "allowed" }),
      ),
    }));
  });
}

function listAuthentication(owner: Alternative, path: DocumentPath): readonly Requirement[] {
  const { authentication } = owner;
  if (!authentication) {
    return [];
  }
  const { acrValues, amr, maxAgeSeconds } = authentication;
  const change = (changes: Partial<typeof authentication>): Without =>
    replacing(owner, "authentication", { ...authentication, ...changes });
  return [
    ...(acrValues.length === 0
      ? []
      : [
          { label: `acr ${acrValues.join(" or ")}`, path: [...path, "acr_values"], without: change({ acrValues: [] }) },
        ]),
    ...amr.map((method) => ({
      label: `amr ${method}`,
      path: [...path, "amr"],
      without: change({ amr: amr.filter((other) => other !== method) }),
    })),
    ...(maxAgeSeconds === undefined
      ? []
      : [
          {
            label: `auth_time within ${maxAgeSeconds} s`,
            path: [...path, "max_age"],
            without: change({ maxAgeSeconds: undefined }),
          },
        ]),
  ];
}

/** The requirements of an issuer on each of its tokens. */
export function listIssuerRequirements(issuer: CompiledIssuer): readonly Requirement[] {
  const path: DocumentPath = ["issuers", issuer.id];
  const { tokenTypes, maxTokenAgeSeconds: age, maxTokenLifetimeSeconds: life, template } = issuer;
  const limits: readonly Requirement[] = [
    {
      label: `audience ${[...issuer.audiences].join(" or ")}`,
      path: [...path, "audiences"],
      without: replacing(issuer, "audiences", new AnyName(issuer.audiences)),
    },
    ...(tokenTypes === undefined
      ? []
      : [
          {
            label: `token type ${[...tokenTypes].join(" or ")}`,
            path: [...path, "token_type"],
            without: replacing(issuer, "tokenTypes", undefined),
          },
        ]),
    ...(age === undefined
      ? []
      : [
          {
            label: `token age up to ${age} s`,
            path: [...path, "max_token_age"],
            without: replacing(issuer, "maxTokenAgeSeconds", undefined),
          },
        ]),
    ...(life === undefined
      ? []
      : [
          {
            label: `token lifetime up to ${life} s`,
            path: [...path, "max_token_lifetime"],
            without: replacing(issuer, "maxTokenLifetimeSeconds", undefined),
          },
        ]),
    ...(template?.tenants
      ? [
          {
            label: `tenant ${[...template.tenants].join(" or ")}`,
            path: [...path, "tenants"],
            without: replacing(issuer, "template", { ...template, tenants: undefined }),
          },
        ]
      : []),
  ];
  return [...limits, ...listConditions(issuer, [...path, "required_claims"])];
}

/** Lists those requirements of a rule or an operation that are not in its alternatives. */
export function listAccess(requirements: Requirements, path: DocumentPath): readonly Requirement[] {
  const other = requirements.otherAuthentication === "require";
  return [
    ...(requirements.access === "required"
      ? [{ label: "a token", path, without: replacing(requirements, "access", "optional") }]
      : []),
    ...(other
      ? [
          {
            label: "another authentication",
            path: [...path, "other_authentication"],
            without: replacing(requirements, "otherAuthentication", "ignore"),
          },
        ]
      : []),
  ];
}
