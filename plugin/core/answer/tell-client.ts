import type { Answers } from "../model/answers.ts";
import { type Denial, denialRow, type PublicReason, publicReason } from "../model/denial.ts";

/** What the client learns about a denial, in any format. */
export interface ClientAnswer {
  /** The reason that the client may know. */
  readonly as: PublicReason;
  readonly status: number;
  readonly text: string;
  /**
   * An answer with 401 always has a challenge. Any other answer has a challenge under two conditions: the denial table has
   * an error for the reason, and the policy does not change the status.
   */
  readonly isChallenged: boolean;
}

/** The text and the status for the client: from the policy, or else from the denial table. */
export function tellClient({ reason }: Denial, { reasons }: Answers): ClientAnswer {
  const row = denialRow(reason);
  const as = publicReason(reason);
  const { status = row.status, text = row.clientMessage } = reasons.get(as) ?? {};
  return { as, status, text, isChallenged: status === 401 || (status === row.status && row.error !== undefined) };
}
