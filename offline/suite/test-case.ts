import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { Reason, Stage } from "../../plugin/core/model/denial.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import type { OfflineRequest } from "../requests/request.ts";
import type { TokenRecipe } from "../tokens/recipe.ts";

/**
 * The decision about a request. `answer`: the plugin answers with the API's description. `not_routed`: Kong has no
 * Route for the request.
 */
export type Verdict = "allow" | "deny" | "answer" | "not_routed";

/** The outcome that a test expects. If a part is undefined, the test does not check it. */
export interface Expectation {
  readonly verdict: Verdict | undefined;
  readonly reason: Reason | undefined;
  /** The reason of a denial that report mode only logs. */
  readonly reported: Reason | undefined;
  readonly status: number | undefined;
  /** A text that WWW-Authenticate must contain; false if the answer must not have the header. */
  readonly challenge: string | false | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly cleared: readonly string[];
  readonly rule: string | undefined;
  readonly route: string | undefined;
  readonly issuer: string | undefined;
  readonly stage: Stage | undefined;
  readonly consumer: string | false | undefined;
  readonly credential: string | false | undefined;
  readonly groups: readonly string[] | undefined;
}

/** One test: one request with at most one token, and the expectation. */
export interface TestCase {
  /** The names of the groups around the test, and the name of the test. */
  readonly name: string;
  /** The path of the test in the document. */
  readonly path: DocumentPath;
  /** The reason why the test is skipped; undefined if the test runs. */
  readonly skip: string | undefined;
  readonly token: TokenRecipe | undefined;
  /** The request; undefined if kong.yml has no Route for it. */
  readonly request: OfflineRequest | undefined;
  readonly expect: Expectation;
}

/** The tests of one policy. */
export interface TestSuite {
  readonly nowSeconds: number;
  readonly consumers: readonly Consumer[];
  readonly cases: readonly TestCase[];
}
