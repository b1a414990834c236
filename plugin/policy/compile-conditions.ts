import type { Condition as ConditionSource } from "../../schema/generated/policy-document.ts";
import { parseClaimReference } from "../core/claim-reference.ts";
import type { ClaimTest, Condition, Scalar } from "../core/policy.ts";
import { compileClaimPattern } from "./claim-pattern.ts";
import type { DocumentPath, Finding } from "./issue.ts";

/** What of the request claims can be compared with, and what not. */
export interface RequestParts {
  readonly captures: ReadonlyMap<string, number>;
  /** They are the policy's to set. */
  readonly ownHeaders: readonly string[];
}

/** Compiles the conditions of one `required_claims`, and reports those that can not be meant. */
export function compileConditions(
  sources: Readonly<Record<string, ConditionSource>>,
  path: DocumentPath,
  request: RequestParts,
): { readonly conditions: readonly Condition[]; readonly findings: readonly Finding[] } {
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
  return "problem" in compiled ? refuse("matches", compiled.problem) : [{ is: "matches", ...compiled }];
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
