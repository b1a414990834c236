import { createHash } from "node:crypto";
import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import { type DocumentPath, type Finding, isWarning, wholeDocument } from "../../plugin/policy/language/finding.ts";
import { readYaml, type SourceDocument } from "../../plugin/policy/read/read-document.ts";
import { checkData } from "../../plugin/policy/read/validate-document.ts";
import type { PolicyTestDocument, Request } from "../../schema/generated/policy-test-document.ts";
import { validatePolicyTest } from "../../schema/generated/validate-policy-test.ts";
import { type ExpandedTest, expandTests, REQUEST_KEYS } from "./expand-tests.ts";
import { unknownName } from "./names.ts";
import { resolveExpectation } from "./resolve-expectation.ts";
import { type KongRouting, type RequestWorld, type ResolvedRequest, resolveRequest } from "./resolve-requests.ts";
import { TokenRecipes } from "./resolve-tokens.ts";
import type { TestCase, TestSuite } from "./test-case.ts";

/** A test document that the schema accepts, and the positions of the document's parts. */
export interface TestSource {
  readonly document: PolicyTestDocument;
  readonly locate: SourceDocument["locate"];
}

const VISIBLE = { values: () => false, keys: () => false };
const MARK = "jwt_policy_test";
const HAS_MARK = /^[ \t{]*["']?jwt_policy_test["']?[ \t]*:/m;

/**
 * Whether a text is meant as a test document. Messages may quote only lines of a test document. Any other file may be
 * secret.
 */
export function isTestDocument(text: string): boolean {
  return HAS_MARK.test(text);
}

/** Reads the text of a test document. */
export function readTestDocument(text: string): Result<TestSource, readonly Finding[]> {
  const source = readYaml(text);
  if (!isTestDocument(text)) {
    const message = `This is not a test document: the key "${MARK}" is missing. A test document begins with "${MARK}: 1".`;
    return fail([wholeDocument("not_a_policy", message)]);
  }
  if (!source.ok) {
    return fail(source.failure.findings);
  }
  const { data, locate } = source.value;
  const findings = checkData(validatePolicyTest, data, VISIBLE);
  return findings.length > 0 ? fail(locate(findings)) : succeed({ document: data as PolicyTestDocument, locate });
}

/** Data that is needed to resolve the names in a test document. */
export interface SuiteWorld {
  readonly policy: CompiledPolicy;
  readonly kong: KongRouting | undefined;
  /** Consumers of kong.yml. */
  readonly consumers: readonly Consumer[];
}

/** Resolves all names of a test document. The failure lists every mistake. */
export function resolveSuite(source: TestSource, world: SuiteWorld): Result<TestSuite, readonly Finding[]> {
  const { document, locate } = source;
  const findings: Finding[] = [];
  const consumers = [...world.consumers, ...document.consumers.map(toConsumer)];
  const requests = new RequestTable(document.requests, { ...world, consumers }, findings);
  const tokens = new TokenRecipes(document.tokens as never, world.policy, findings);
  const cases = expandTests(document.tests, ["tests"], findings).map((test): TestCase => {
    const token = tokens.find(test.token, pathOf(test, "token"));
    const expect = resolveExpectation(test.expect, world.policy, test.expectPath, findings);
    const request = requests.find(test);
    if (request === "not_routed" && expect.verdict !== "not_routed") {
      const message =
        "kong.yml has no Route for this request, so Kong answers 404. Expect not_routed, or correct the request.";
      findings.push({ code: "route_without_rule", path: test.path, message });
    }
    return {
      name: test.names.join(" › "),
      path: test.path,
      skip: test.skip,
      token,
      request: request === "not_routed" ? undefined : request,
      expect,
    };
  });
  tokens.reportUnused();
  requests.reportUnused();
  const mistakes = locateEach(
    [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()],
    locate,
  );
  return mistakes.every(isWarning)
    ? succeed({ nowSeconds: Date.parse(document.now) / 1000, consumers, cases })
    : fail(mistakes);
}

/** Finds the positions of any number of findings. `locate` returns only the first fifty findings. */
function locateEach(findings: readonly Finding[], locate: SourceDocument["locate"]): readonly Finding[] {
  return findings
    .flatMap((finding) => locate([finding]))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** The named requests of a document. */
class RequestTable {
  readonly #named: Readonly<Record<string, Request>>;
  readonly #world: RequestWorld;
  readonly #findings: Finding[];
  readonly #used = new Set<string>();
  readonly #resolved = new Map<string, ResolvedRequest>();

  constructor(named: Readonly<Record<string, Request>>, world: RequestWorld, findings: Finding[]) {
    this.#named = named;
    this.#world = world;
    this.#findings = findings;
  }

  find({ request, own, path }: ExpandedTest): ResolvedRequest {
    const direct: Request = pickDefined(own);
    if (request === undefined) {
      return resolveRequest(direct, this.#world, path, this.#findings);
    }
    const named = this.#named[request];
    if (!named) {
      this.#findings.push(unknownName("request_unknown", "The request", request, Object.keys(this.#named), path));
      return undefined;
    }
    this.#used.add(request);
    if (Object.keys(direct).length > 0) {
      return resolveRequest({ ...named, ...direct }, this.#world, path, this.#findings);
    }
    if (!this.#resolved.has(request)) {
      this.#resolved.set(request, resolveRequest(named, this.#world, ["requests", request], this.#findings));
    }
    return this.#resolved.get(request);
  }

  reportUnused(): void {
    for (const name of Object.keys(this.#named)) {
      if (!this.#used.has(name)) {
        const message = `No test uses the request ${quoteText(name)}: use the request in a test, or remove the request.`;
        this.#findings.push({ code: "unused", path: ["requests", name], atKey: true, message });
      }
    }
  }
}

/** The keys of a request that a test has directly. */
function pickDefined(own: ExpandedTest["own"]): Request {
  const picked: Record<string, unknown> = {};
  for (const key of REQUEST_KEYS) {
    if (own[key] !== undefined) {
      picked[key] = own[key];
    }
  }
  return picked;
}

function pathOf({ path }: ExpandedTest, key: string): DocumentPath {
  return path.includes("matrix") ? path.slice(0, -1) : [...path, key];
}

function toConsumer({ username, id, custom_id: customId }: PolicyTestDocument["consumers"][number]): Consumer {
  return {
    id: id ?? fixedId(username ?? customId ?? ""),
    ...(username !== undefined && { username }),
    ...(customId !== undefined && { customId }),
  };
}

/** Derives a UUID from the name. So a test does not have to invent a UUID. */
function fixedId(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
