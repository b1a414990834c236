import type { Permissions, TokenShape } from "./model/provider.ts";
import { flow, indent } from "./yaml-text.ts";

/** The data from which `init` makes all files of an API. */
export interface Api {
  readonly name: string;
  /** The id of the issuer in the policy. */
  readonly issuerId: string;
  /** The provider's name, written for people. */
  readonly provider: string;
  readonly shape: TokenShape;
  /** The directory with our schemas, relative to the directory of policies. */
  readonly schemas: string;
  readonly path: string;
  readonly upstream: string;
}

/** The names of the rules in the policy. Kong's Routes have the same names as the rules. */
export interface RuleNames {
  readonly read: string;
  /** The name is undefined if the policy has a single rule for all methods. */
  readonly write: string | undefined;
}

export function ruleNames(name: string, permissions: Permissions): RuleNames {
  return permissions.by === "token"
    ? { read: name, write: undefined }
    : { read: `${name}-read`, write: `${name}-write` };
}

export function writePolicy({ name, issuerId, provider, shape, schemas }: Api): string {
  return [
    `# yaml-language-server: $schema=${schemas}/policy.schema.json`,
    `# Made by kong-jwt-policy init for ${provider}. These tokens pass after you have set up there:`,
    ...shape.setup.map((line) => `# - ${line}`),
    "jwt_policy: 1",
    `name: ${flow(name)}`,
    "",
    "issuers:",
    `  ${issuerId}:`,
    ...indent(writeIssuer(shape), 4),
    "",
    "defaults:",
    `  accept: [${issuerId}]`,
    "",
    "routes: # each rule has the name of a Kong Route; requests of other Routes are refused",
    ...indent(writeRules(name, shape), 2),
    "",
    "header_mappings: # the upstream gets these headers; the same headers from a client are removed",
    `  x-user-id: ${shape.subject}${shape.subjectNote === undefined ? "" : ` # ${shape.subjectNote}`}`,
    "",
  ].join("\n");
}

function writeIssuer(shape: TokenShape): readonly string[] {
  const { issuer, audience, tokenType, conditions, places, subject } = shape;
  const claims = Object.entries(places);
  return [
    `issuer: ${flow(issuer)} # the claim iss of the provider's tokens; the plugin finds the keys by discovery`,
    `audiences: [${flow(audience.is)}] # ${audience.note}`,
    ...writeException("token_type_unchecked", shape),
    `token_type: ${flow(tokenType.is)} # ${tokenType.note}`,
    "required_claims:",
    ...conditions.map(
      ({ claim, equals, note }) =>
        `  ${flow(claim)}: ${equals === undefined ? "{}" : flow({ equals })}${note === undefined ? "" : ` # ${note}`}`,
    ),
    `  ${subject}: {} # so that the upstream always gets x-user-id`,
    ...(claims.length === 0
      ? []
      : ["claims:", ...claims.map(([key, { is, note }]) => `  ${key}: ${flow(is)} # ${note}`)]),
  ];
}

function writeRules(name: string, shape: TokenShape): readonly string[] {
  const { permissions } = shape;
  const { read, write } = ruleNames(name, permissions);
  if (permissions.by === "token" || write === undefined) {
    return [...writeException("any_token_allowed", shape), `${flow(read)}: { access: required }`];
  }
  const { member, applications } = permissions;
  const needsMember = member === undefined ? {} : { [`required_${member.kind}s`]: [member.name] };
  if (applications === undefined) {
    return [
      `${flow(read)}: ${flow({ required_scopes: [permissions.read] })}`,
      `${flow(write)}: ${flow({ required_scopes: [permissions.write], ...needsMember })}`,
    ];
  }
  const { mark } = applications;
  const writeAlternatives = (rule: string, scope: string, role: string): readonly string[] => [
    `${flow(rule)}:`,
    "  any_of:",
    `    - ${flow({ required_scopes: [scope] })} # a user is signed in`,
    `    - ${flow({ required_roles: [role], required_claims: { [mark.claim]: { equals: mark.equals } } })} # an application without a user`,
  ];
  return [
    ...writeAlternatives(read, permissions.read, applications.read),
    ...writeAlternatives(write, permissions.write, applications.write),
  ];
}

function writeException(rule: string, { exceptions }: TokenShape): readonly string[] {
  return exceptions[rule] === undefined ? [] : [`# lint-ignore ${rule}: ${exceptions[rule]}`];
}
