import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import type { Expectation as ExpectationSource, Test } from "../../schema/generated/policy-test-document.ts";

/** The keys of a request that a test can have directly. */
export const REQUEST_KEYS = [
  "rule",
  "route",
  "method",
  "path",
  "host",
  "headers",
  "transport",
  "token_in",
  "authenticated_as",
] as const;

/** One combination of a token and a request, with the keys of all groups around it. */
export interface ExpandedTest {
  readonly names: readonly string[];
  readonly path: DocumentPath;
  readonly skip: string | undefined;
  /** A string is the name of a token. An object is the recipe of a token. Undefined if the request has no token. */
  readonly token: unknown;
  readonly request: string | undefined;
  readonly own: Pick<Test, (typeof REQUEST_KEYS)[number]>;
  readonly expect: ExpectationSource | undefined;
  readonly expectPath: DocumentPath;
}

/** Replaces groups, lists and tables by single tests. */
export function expandTests(tests: readonly Test[], path: DocumentPath, findings: Finding[]): readonly ExpandedTest[] {
  return tests.flatMap((test, index) => expandTest(test, {}, [], [...path, index], findings));
}

/** Keys of a group that apply to its tests. */
type Inherited = Omit<Test, "name" | "group" | "tests" | "matrix">;

function expandTest(
  test: Test,
  inherited: Inherited,
  groups: readonly string[],
  path: DocumentPath,
  findings: Finding[],
): readonly ExpandedTest[] {
  const { name, group, tests, matrix, ...own } = test;
  const keys: Inherited = { ...inherited, ...own };
  if (tests) {
    if (name !== undefined || matrix !== undefined) {
      const message = `A group has "group" and "tests". Move "${name === undefined ? "matrix" : "name"}" into one of its tests.`;
      findings.push({ code: "test_invalid", path, message });
    }
    const names = group === undefined ? groups : [...groups, group];
    return tests.flatMap((inner, index) => expandTest(inner, keys, names, [...path, "tests", index], findings));
  }
  if (group !== undefined) {
    findings.push({
      code: "test_invalid",
      path: [...path, "group"],
      atKey: true,
      message: 'A test with "group" also needs "tests".',
    });
  }
  if (matrix) {
    return expandMatrix(matrix, keys, name === undefined ? groups : [...groups, name], path, findings);
  }
  const tokens: readonly unknown[] = Array.isArray(keys.token) ? keys.token : [keys.token];
  const requests: readonly (string | undefined)[] = [keys.request].flat();
  const isOne = tokens.length * requests.length === 1;
  return tokens.flatMap((token) =>
    requests.map((request): ExpandedTest => {
      const combination = isOne && name !== undefined ? [] : [describeCombination(token, request, keys)];
      return {
        names: [...groups, ...(name === undefined ? [] : [name]), ...combination],
        path,
        skip: keys.skip,
        token,
        request,
        own: keys,
        expect: keys.expect,
        expectPath: [...path, "expect"],
      };
    }),
  );
}

function expandMatrix(
  matrix: NonNullable<Test["matrix"]>,
  keys: Inherited,
  names: readonly string[],
  path: DocumentPath,
  findings: Finding[],
): readonly ExpandedTest[] {
  for (const key of ["token", "request", "expect"] as const) {
    if (keys[key] !== undefined) {
      const message = `A matrix already names tokens, requests and expectations: remove "${key}".`;
      findings.push({ code: "test_invalid", path, message });
    }
  }
  return Object.entries(matrix).flatMap(([token, row]) =>
    Object.entries(row).map(([request, expect]): ExpandedTest => {
      const place = [...path, "matrix", token, request];
      return {
        names: [...names, describeCombination(token, request, keys)],
        path: place,
        skip: keys.skip,
        token,
        request,
        own: keys,
        expect,
        expectPath: place,
      };
    }),
  );
}

function describeCombination(token: unknown, request: string | undefined, keys: Inherited): string {
  const { rule, route, method, path } = keys;
  const line = method === undefined && path === undefined ? [] : [`${method ?? "GET"} ${path ?? "/"}`];
  const target = [request ?? rule ?? route ?? [], line].flat().join(", ");
  return `${describeToken(token)} → ${target === "" ? "the only rule" : target}`;
}

function describeToken(token: unknown): string {
  if (token === undefined || token === "none") {
    return "no token";
  }
  if (typeof token === "string") {
    return token;
  }
  const { extends: base = "a token", tamper = [] } = token as { extends?: string; tamper?: string | readonly string[] };
  return [base, ...[tamper].flat()].join(", ");
}
