import { type Denial, denialRow, type ToldReason, toldReason } from "./denial.ts";

/** What a policy says of the answers to refused requests. */
export interface Answers {
  /** `negotiate`: problem details (RFC 9457) for clients that prefer them, and else Kong's own form. */
  readonly format: "negotiate" | "problem" | "kong";
  /** The `type` of problem details, without the reason at its end; undefined gives them none. */
  readonly problemTypes: string | undefined;
  readonly reasons: ReadonlyMap<ToldReason, CustomAnswer>;
}

/** What stands in place of the denial table's. */
export interface CustomAnswer {
  readonly status: number | undefined;
  readonly text: string | undefined;
}

/** As a policy has it that says nothing of answers. */
export const USUAL_ANSWERS: Answers = { format: "negotiate", problemTypes: undefined, reasons: new Map() };

/** What a client is told of a denial, in whatever form. */
export interface Told {
  /** Names the reason as far as the client may know it. */
  readonly as: ToldReason;
  readonly status: number;
  readonly text: string;
  /** Whether a challenge belongs to the answer: on every 401, and where the table has one. It goes with the status that it was made for. */
  readonly isChallenged: boolean;
}

/** The words and the status for the client: the policy's own, or else the table's. */
export function tellClient({ reason }: Denial, { reasons }: Answers): Told {
  const row = denialRow(reason);
  const as = toldReason(reason);
  const { status = row.status, text = row.told } = reasons.get(as) ?? {};
  return { as, status, text, isChallenged: status === 401 || (status === row.status && row.error !== undefined) };
}
