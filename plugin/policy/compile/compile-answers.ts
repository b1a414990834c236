import type { CustomAnswer as AnswerSource, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { Answers, CustomAnswer } from "../../core/model/answers.ts";
import { DENIALS, denialRow, type PublicReason, publicReason, type Reason } from "../../core/model/denial.ts";
import type { Finding } from "../language/finding.ts";

const REASONS = Object.keys(DENIALS) as Reason[];

/**
 * Statuses that a policy must not use, because these statuses mean more than a denial. Clients and proxies act on such
 * a status, or the status needs a header field that no policy can set.
 */
const STATUSES_WITH_A_MEANING: ReadonlyMap<number, string> = new Map([
  [405, "needs the header field Allow"],
  [407, "is only for proxies"],
  [408, "makes clients repeat the request"],
  [417, "answers the header field Expect"],
  [421, "makes clients repeat the request"],
  [425, "makes clients repeat the request"],
  [426, "needs the header field Upgrade"],
  [444, "is nginx's own"],
  [494, "is nginx's own"],
  [495, "is nginx's own"],
  [496, "is nginx's own"],
  [497, "is nginx's own"],
  [499, "is nginx's own"],
  [511, "is for networks that ask for a login"],
]);

/** Compiles the answers to denied requests, and reports mistakes that the schema cannot find. */
export function compileAnswers({ answers }: PolicyDocument): {
  readonly answers: Answers;
  readonly findings: readonly Finding[];
} {
  const sources = Object.entries(answers.reasons) as [PublicReason, AnswerSource][];
  return {
    answers: {
      format: answers.format,
      problemTypes: answers.problem_types,
      reasons: new Map(sources.map(([as, { status, text }]): [PublicReason, CustomAnswer] => [as, { status, text }])),
      namesScopes: answers.name_scopes,
    },
    findings: sources.flatMap(([as, { status }]) => checkStatus(as, status)),
  };
}

function checkStatus(as: PublicReason, status: number | undefined): Finding[] {
  if (status === undefined) {
    return [];
  }
  const usual = usualStatus(as);
  const meaning = STATUSES_WITH_A_MEANING.get(status);
  const refuse = (why: string): Finding[] => [
    {
      code: "answer_invalid",
      path: ["answers", "reasons", as, "status"],
      message: `${why}; the usual status is ${usual}.`,
    },
  ];
  const digit = Math.floor(usual / 100);
  if (Math.floor(status / 100) !== digit) {
    const why =
      usual < 500
        ? "the client causes this refusal, but a 5xx status would make the client try again"
        : "the client does not cause this refusal, but a 4xx status would make the client give up";
    return refuse(`Status ${status} must begin with ${digit}: ${why}`);
  }
  return meaning === undefined ? [] : refuse(`Status ${status} ${meaning}`);
}

/** Returns the status in the denial table. All reasons with the same public name have the same status. */
function usualStatus(as: PublicReason): number {
  const reason = REASONS.find((candidate) => publicReason(candidate) === as) ?? "internal_error";
  return denialRow(reason).status;
}
