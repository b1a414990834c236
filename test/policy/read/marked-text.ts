import { expect } from "vitest";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";

const MARK = "‸";

/** The start of a document, up to one issuer. `routes` and more keys of the issuer may follow. */
export const ISSUER_START = `jwt_policy: 1
name: payments
issuers:
  acme:
    issuer: https://idp.example.com
    audiences: [api]
`;

/** A text without its marks, and the places of the marks, as `line:column` from 1. */
export function takeMarks(marked: string): { readonly text: string; readonly places: readonly string[] } {
  const places: string[] = [];
  const lines = marked.split("\n").map((line) => line.split(MARK));
  for (const [index, parts] of lines.entries()) {
    let column = 1;
    for (const part of parts.slice(0, -1)) {
      column += part.length;
      places.push(`${index + 1}:${column}`);
    }
  }
  return { text: marked.replaceAll(MARK, ""), places };
}

/** All mistakes of a document. */
export function issuesOf(text: string): readonly Finding[] {
  const result = readPolicy(text, "0".repeat(64));
  return !result.ok ? result.failure : [];
}

/** Expects exactly one issue at each mark, in the order of the text. The last code applies to all further marks. */
export function expectIssues(marked: string, codes: string | readonly string[], message: RegExp | string = /./): void {
  const issues = issuesOf(takeMarks(marked).text);
  expect(summarize(issues)).toEqual(expectedAt(marked, ...[codes].flat()));
  for (const issue of issues) {
    expect(issue.message).toMatch(message);
  }
}

/** Each issue, as `line:column code`. */
export function summarize(issues: readonly Finding[]): readonly string[] {
  return issues.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

/** The result of {@link summarize} for a document with one mark and one issue at the mark. */
export function expectedAt(marked: string, ...codes: readonly string[]): readonly string[] {
  return takeMarks(marked).places.map((place, index) => `${place} ${codes[index] ?? codes.at(-1)}`);
}
