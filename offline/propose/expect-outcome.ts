import type { DescribedOutcome } from "../judge/describe-outcome.ts";

/** An expectation in the form of a test document. */
export type WrittenExpectation = string | Readonly<Record<string, unknown>>;

/** Matches a forwarded token. A forwarded token differs in each run, so no test can expect its value. */
const IS_TOKEN = /(?:^|[ =])ey[\w-]*\./;

/** Writes an expectation that fits an outcome. It has the decision or, for a denial, the reason. */
export function expectOutcome({ verdict, reason, reported }: DescribedOutcome): WrittenExpectation {
  return reported === undefined ? (reason ?? verdict) : { report: reported };
}

/**
 * Writes an expectation that fits the first outcome and does not fit the second outcome. Returns undefined if no test
 * can distinguish the outcomes.
 */
export function expectDifference(one: DescribedOutcome, other: DescribedOutcome): WrittenExpectation | undefined {
  if (one.verdict !== other.verdict || one.reason !== other.reason || one.reported !== other.reported) {
    return expectOutcome(one);
  }
  if (one.status !== other.status && one.status !== undefined) {
    return { reason: one.reason, status: one.status };
  }
  if (one.challenge !== other.challenge) {
    return { reason: one.reason, challenge: one.challenge ?? false };
  }
  return one.verdict === "allow" ? expectEffect(one, other) : undefined;
}

/**
 * Writes an expectation about a header for the upstream, or about Kong's caller. The header or caller differs between
 * the two outcomes.
 */
function expectEffect(one: DescribedOutcome, other: DescribedOutcome): WrittenExpectation | undefined {
  const names = Object.keys(one.headers ?? {}).filter(
    (name) => JSON.stringify(one.headers?.[name]) !== JSON.stringify(other.headers?.[name]),
  );
  const lines = names.map((name) => [name, [one.headers?.[name] ?? []].flat()] as const);
  const set = lines.filter(([, values]) => values.length > 0 && !values.some((value) => IS_TOKEN.test(value)));
  const cleared = lines.filter(([, values]) => values.length === 0).map(([name]) => name);
  const [first] = set;
  if (first) {
    const [name, values] = first;
    return { headers: { [name]: values.length === 1 ? values[0] : values } };
  }
  if (cleared[0] !== undefined) {
    return { decision: "allow", cleared: [cleared[0]] };
  }
  return expectCaller(one, other);
}

function expectCaller(
  { caller: one }: DescribedOutcome,
  { caller: other }: DescribedOutcome,
): WrittenExpectation | undefined {
  if (one?.consumer?.username !== other?.consumer?.username || one?.consumer?.id !== other?.consumer?.id) {
    return { decision: "allow", consumer: one?.consumer?.username ?? one?.consumer?.id ?? false };
  }
  if (one?.credentialId !== other?.credentialId) {
    return { decision: "allow", credential: one?.credentialId ?? false };
  }
  const groups = one?.groups ?? [];
  return JSON.stringify(groups) === JSON.stringify(other?.groups ?? []) ? undefined : { groups };
}
