import { type Denial, denialRow, type ToldReason, toldReason } from "./denial.ts";

/** How a policy answers denied requests. */
export interface Answers {
  /** `negotiate`: problem details (RFC 9457) for clients that prefer them, Kong's own format for all others. */
  readonly format: "negotiate" | "problem" | "kong";
  /** The `type` of problem details, without the reason at its end. Undefined: problem details have no `type`. */
  readonly problemTypes: string | undefined;
  readonly reasons: ReadonlyMap<ToldReason, CustomAnswer>;
}

/** Replaces the values of the denial table. */
export interface CustomAnswer {
  readonly status: number | undefined;
  readonly text: string | undefined;
}

/** The default, for a policy without `answers`. */
export const USUAL_ANSWERS: Answers = { format: "negotiate", problemTypes: undefined, reasons: new Map() };

/** The client's view of a denial, in any format. */
export interface Told {
  /** The reason that the client may know. */
  readonly as: ToldReason;
  readonly status: number;
  readonly text: string;
  /** Whether the answer has a challenge: always with 401, else if the denial table has an error and the policy keeps its status. */
  readonly isChallenged: boolean;
}

/** The text and the status for the client: from the policy, or else from the denial table. */
export function tellClient({ reason }: Denial, { reasons }: Answers): Told {
  const row = denialRow(reason);
  const as = toldReason(reason);
  const { status = row.status, text = row.told } = reasons.get(as) ?? {};
  return { as, status, text, isChallenged: status === 401 || (status === row.status && row.error !== undefined) };
}
