/** Kong's id for an instance. An instance is one version of one plugin's configuration. */
export interface InstanceIdentity {
  /** `pluginId` is Kong's `__plugin_id`, and `sequence` is Kong's `__seq__`. */
  readonly pluginId: string;
  readonly sequence: number;
}

/**
 * The guard accepts the verdict for a request only if the verdict contains these values. The guard appends these values
 * to the facts.
 */
export interface GuardMark {
  /** A random value that no client can know before the request is judged. */
  readonly nonce: string;
  readonly instance: InstanceIdentity;
  /** The guard's report about reused verdicts; undefined if the guard cannot reuse verdicts. */
  readonly reuse?: GuardReuse | undefined;
}

/** The guard's report about the verdicts that it has reused since its last report. */
interface GuardReuse {
  /** The id of the process that made these verdicts. */
  readonly process: string;
  /**
   * Whether the guard can distinguish requests by their client's address. Older guards cannot distinguish client
   * addresses.
   */
  readonly countsClients: boolean;
  readonly hits: readonly { readonly tally: number; readonly hits: number }[];
}

/**
 * If a guard can reuse verdicts, it adds the word `reuses` after the addresses in the facts variable. Older servers
 * ignore the word.
 */
const REUSES = "reuses";
/** If a guard can distinguish client addresses, it adds the word `clients` at the end of its report. */
const CLIENTS = "clients";
const MAX_TALLIES = 10_000;

/**
 * Parses `<plugin id> <sequence> <nonce>`. Returns undefined for any other text.
 *
 * @param offer the words after the addresses, in the facts variable's line about the connection: `reuses`, or `reuses
 * <process>:<tally>=<hits>,<tally>=<hits>`. The last word is `clients` if the guard can distinguish client addresses.
 */
export function parseGuardMark(text: string, offer: readonly string[] = []): GuardMark | undefined {
  const [, pluginId, sequence, nonce] = /^([0-9a-f-]{36}) ([0-9]{1,15}) ([0-9a-f]{32})$/.exec(text) ?? [];
  return nonce === undefined || pluginId === undefined
    ? undefined
    : { nonce, instance: { pluginId, sequence: Number(sequence) }, reuse: parseReuse(offer) };
}

function parseReuse(offer: readonly string[]): GuardReuse | undefined {
  const countsClients = offer.at(-1) === CLIENTS;
  const [word, report = ""] = countsClients ? offer.slice(0, -1) : offer;
  if (word !== REUSES) {
    return undefined;
  }
  const [process = "", hits = ""] = report.split(":");
  const counts = hits.split(",", MAX_TALLIES).map((count) => /^([0-9]{1,5})=([0-9]{1,15})$/.exec(count));
  return {
    process,
    countsClients,
    hits: counts.flatMap((count) => (count ? [{ tally: Number(count[1]), hits: Number(count[2]) }] : [])),
  };
}

/**
 * Whether Kong's call is addressed to this instance. After the stock plugin server has started again, the id in Kong's
 * call may belong to another instance.
 */
export function isMeant({ instance }: GuardMark, own: InstanceIdentity): boolean {
  return instance.pluginId === own.pluginId && instance.sequence === own.sequence;
}
