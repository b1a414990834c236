import type { Condition as ConditionSource, Issuer } from "../../../schema/generated/policy-document.ts";
import { hasValue } from "../../core/json/claim-value.ts";
import { parseClaimReference } from "../../core/model/claim-reference.ts";
import type { ClaimTest, Condition, Scalar } from "../../core/model/policy.ts";
import { compileClaimPattern } from "../language/claim-pattern.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";

/** The parts of the request that claims can be compared with, and the headers that claims cannot be compared with. */
export interface RequestParts {
  readonly captures: ReadonlyMap<string, number>;
  /** Headers that the policy sets itself, so a comparison makes no sense. */
  readonly ownHeaders: readonly string[];
}

interface Compiled {
  readonly conditions: readonly Condition[];
  readonly findings: readonly Finding[];
}

const NO_PARTS: RequestParts = { captures: new Map(), ownHeaders: [] };
const COMPARISONS = ["equals_path", "equals_header"] as const;

/**
 * Compiles the conditions of an issuer. They apply to every rule, so they cannot compare with the request.
 *
 * @param source claims that must have a value, or conditions by claim.
 * @param path of the issuer.
 */
export function compileIssuerConditions(source: Issuer["required_claims"], path: DocumentPath): Compiled {
  const place = [...path, "required_claims"];
  if (Array.isArray(source)) {
    return { conditions: source.map((claim) => ({ claim: parseClaimReference(claim), tests: [] })), findings: [] };
  }
  const comparing = Object.entries(source).flatMap(([claim, condition]) =>
    COMPARISONS.filter((key) => condition[key] !== undefined).map((key) => [claim, key] as const),
  );
  if (comparing.length === 0) {
    return compileConditions(source, place, NO_PARTS);
  }
  const findings = comparing.map(([claim, key]): Finding => {
    const message = `An issuer's conditions apply to every request, so "${key}" cannot be used here: put it into a rule's required_claims.`;
    return { code: "condition_invalid", path: [...place, claim, key], atKey: true, message };
  });
  return { conditions: [], findings };
}

/** Compiles the conditions of one `required_claims`, and reports those that make no sense. */
export function compileConditions(
  sources: Readonly<Record<string, ConditionSource>>,
  path: DocumentPath,
  request: RequestParts,
): Compiled {
  const findings: Finding[] = [];
  const conditions = Object.entries(sources).map(([claim, source]) => {
    const refuse = (key: keyof ConditionSource, message: string): ClaimTest[] => {
      findings.push({ code: "condition_invalid", path: [...path, claim, key], message });
      return [];
    };
    return { claim: parseClaimReference(claim), tests: compileTests(source, request, refuse) };
  });
  return { conditions, findings };
}

type Refuse = (key: keyof ConditionSource, message: string) => ClaimTest[];

function compileTests(source: ConditionSource, request: RequestParts, refuse: Refuse): ClaimTest[] {
  const { equals, one_of, contains_any, contains_all, min, max } = source;
  if (min !== undefined && max !== undefined && min > max) {
    refuse("min", `No number is ${min} or more and ${max} or less.`);
  }
  for (const key of ["equals", "one_of"] as const) {
    const values = [source[key] ?? []].flat();
    if (!values.every(hasValue)) {
      refuse(
        key,
        "A claim with an empty text counts as missing, so it never equals an empty text: leave the empty text out.",
      );
    }
  }
  return [
    ...(equals === undefined ? [] : [{ is: "equals" as const, value: equals }]),
    ...compileValues("one_of", one_of),
    ...compileValues("contains_any", contains_any),
    ...compileValues("contains_all", contains_all),
    ...compilePattern(source, refuse),
    ...compileBound("min", min),
    ...compileBound("max", max),
    ...compileCapture(source, request, refuse),
    ...compileHeader(source, request, refuse),
  ];
}

function compileValues(
  is: "one_of" | "contains_any" | "contains_all",
  values: readonly Scalar[] | undefined,
): ClaimTest[] {
  return values ? [{ is, values: new Set(values) }] : [];
}

function compileBound(is: "min" | "max", bound: number | undefined): ClaimTest[] {
  return bound === undefined ? [] : [{ is, bound }];
}

function compilePattern({ matches }: ConditionSource, refuse: Refuse): ClaimTest[] {
  if (matches === undefined) {
    return [];
  }
  const compiled = compileClaimPattern(matches);
  return compiled.ok ? [{ is: "matches", pattern: compiled.value }] : refuse("matches", compiled.failure);
}

function compileCapture(
  { equals_path: name }: ConditionSource,
  { captures }: RequestParts,
  refuse: Refuse,
): ClaimTest[] {
  if (name === undefined) {
    return [];
  }
  const segment = captures.get(name);
  const known = [...captures.keys()].join(", ");
  const hint = known === "" ? "It needs operations whose paths have names in braces." : `Known here: ${known}.`;
  return segment === undefined
    ? refuse("equals_path", `No segment of the path is called "${name}". ${hint}`)
    : [{ is: "equals_path", segment }];
}

function compileHeader(
  { equals_header: header }: ConditionSource,
  { ownHeaders }: RequestParts,
  refuse: Refuse,
): ClaimTest[] {
  if (header === undefined) {
    return [];
  }
  return ownHeaders.includes(header)
    ? refuse("equals_header", `The policy sets ${header} from the token; compare with a header of the client.`)
    : [{ is: "equals_header", header }];
}
