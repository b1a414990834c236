import type {
  Condition as ConditionSource,
  Issuer,
  NegatedCondition as NegatedSource,
} from "../../../schema/generated/policy-document.ts";
import { hasValue } from "../../core/json/claim-value.ts";
import { parseClaimReference } from "../../core/model/claim-reference.ts";
import type { ClaimTest, Condition, PlainTest, Scalar } from "../../core/model/policy.ts";
import { compileClaimPattern } from "../language/claim-pattern.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import type { CaptureIndexes } from "../language/path-template.ts";

/**
 * The parts of the request that matter for conditions. A condition can compare a claim with the path segments in
 * `captures`, but not with the headers in `ownHeaders`.
 */
export interface RequestParts {
  readonly captures: CaptureIndexes;
  /** The policy sets these headers itself, so a comparison with them makes no sense. */
  readonly ownHeaders: readonly string[];
}

interface Compiled {
  readonly conditions: readonly Condition[];
  readonly findings: readonly Finding[];
}

const NO_PARTS: RequestParts = { captures: new Map(), ownHeaders: [] };
const COMPARISONS = ["equals_path", "equals_header"] as const;

/**
 * Compiles the conditions of an issuer. Conditions of an issuer apply to every rule, so they cannot compare claims with
 * the request.
 *
 * @param source a list of claims that must have a value, or a map from claims to conditions.
 * @param path the issuer's path in the document.
 */
export function compileIssuerConditions(source: Issuer["required_claims"], path: DocumentPath): Compiled {
  const place = [...path, "required_claims"];
  if (Array.isArray(source)) {
    const conditions = source.map(
      (claim) => ({ claim: parseClaimReference(claim), absent: "refused", tests: [] }) as const,
    );
    return { conditions, findings: [] };
  }
  const comparing = Object.entries(source).flatMap(([claim, condition]) =>
    COMPARISONS.filter((key) => condition[key] !== undefined).map((key) => [claim, key] as const),
  );
  if (comparing.length === 0) {
    return compileConditions(source, place, NO_PARTS);
  }
  const findings = comparing.map(([claim, key]): Finding => {
    const message = `An issuer's conditions apply to every request, so "${key}" cannot be used here: write it into the required_claims of a rule.`;
    return { code: "condition_invalid", path: [...place, claim, key], atKey: true, message };
  });
  return { conditions: [], findings };
}

/** Compiles the conditions of one `required_claims`, and reports conditions that make no sense. */
export function compileConditions(
  sources: Readonly<Record<string, ConditionSource>>,
  path: DocumentPath,
  request: RequestParts,
): Compiled {
  const findings: Finding[] = [];
  const conditions = Object.entries(sources).map(([claim, source]) => {
    const refuseAt =
      (inside: DocumentPath): Refuse =>
      (key, message) => {
        findings.push({ code: "condition_invalid", path: [...path, claim, ...inside, key], message });
        return [];
      };
    const refuse = refuseAt([]);
    const { not } = source;
    const tests: readonly ClaimTest[] = [
      ...compilePlainTests(source, refuse),
      ...compileCapture(source, request, refuse),
      ...compileHeader(source, request, refuse),
      ...(not ? compilePlainTests(not, refuseAt(["not"])).map((test) => ({ is: "not", test }) as const) : []),
    ];
    return { claim: parseClaimReference(claim), absent: compileAbsent(source, refuse), tests };
  });
  return { conditions, findings };
}

/** The tests that a condition can have, and that the `not` of a condition can have. */
type PlainSource = Omit<NegatedSource, "equals_path" | "equals_header" | "not" | "absent">;
type Refuse = (key: keyof ConditionSource, message: string) => PlainTest[];

function compileAbsent(source: ConditionSource, refuse: Refuse): Condition["absent"] {
  const { absent, ...tests } = source;
  const hasTests = Object.keys(tests).length > 0;
  if (absent === true && hasTests) {
    refuse("absent", `A claim that is absent passes no test: leave the tests out, or write "absent: allowed".`);
  }
  if (absent === "allowed" && !hasTests) {
    refuse("absent", "Every claim would meet this condition: add a test, or leave the condition out.");
  }
  if (absent === undefined) {
    return "refused";
  }
  return absent === true ? "required" : "allowed";
}

/** Compiles the tests that compare only with values in the policy. */
function compilePlainTests(source: PlainSource, refuse: Refuse): PlainTest[] {
  const { equals, one_of, contains_any, contains_all, min, max } = source;
  if (min !== undefined && max !== undefined && min > max) {
    refuse("min", `The smallest allowed number, ${min}, is greater than the largest, ${max}.`);
  }
  for (const key of ["equals", "one_of"] as const) {
    const values = [source[key] ?? []].flat();
    if (!values.every(hasValue)) {
      refuse(
        key,
        "A claim with an empty string counts as missing, so it never equals an empty string: leave the empty string out.",
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
  ];
}

function compileValues(
  is: "one_of" | "contains_any" | "contains_all",
  values: readonly Scalar[] | undefined,
): PlainTest[] {
  return values ? [{ is, values: new Set(values) }] : [];
}

function compileBound(is: "min" | "max", bound: number | undefined): PlainTest[] {
  return bound === undefined ? [] : [{ is, bound }];
}

function compilePattern({ matches }: PlainSource, refuse: Refuse): PlainTest[] {
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
): PlainTest[] {
  if (name === undefined) {
    return [];
  }
  const segment = captures.get(name);
  if (segment === undefined && captures.has(name)) {
    return refuse(
      "equals_path",
      `"${name}" matches several segments, but a claim can equal only one segment: compare with one segment.`,
    );
  }
  const known = [...captures].flatMap(([other, index]) => (index === undefined ? [] : [other])).join(", ");
  const hint =
    known === "" ? '"equals_path" needs operations whose paths have names in braces.' : `Known here: ${known}.`;
  return segment === undefined
    ? refuse("equals_path", `No segment of the path is called "${name}". ${hint}`)
    : [{ is: "equals_path", segment }];
}

function compileHeader(
  { equals_header: header }: ConditionSource,
  { ownHeaders }: RequestParts,
  refuse: Refuse,
): PlainTest[] {
  if (header === undefined) {
    return [];
  }
  return ownHeaders.includes(header)
    ? refuse("equals_header", `The policy sets ${header} from the token; compare with a header of the client.`)
    : [{ is: "equals_header", header }];
}
