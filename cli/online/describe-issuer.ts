import { showKid } from "../../plugin/core/detail/quote-value.ts";
import { withoutUserInfo } from "../../plugin/core/text/printable.ts";
import { KEY_TIMINGS, refreshDelayMs } from "../../plugin/keys/life/refresh-delay.ts";
import { plural } from "../findings/plural.ts";
import type { AskedIssuer, AskedPlace } from "./ask-issuer.ts";
import { readAnnounced } from "./judge-algorithms.ts";

const MAX_KID = 64;

/** An issuer's answer in a form that programs read. The form contains no key material. */
export interface IssuerView {
  readonly id: string;
  readonly issuer: string;
  readonly places: readonly {
    readonly from: AskedPlace["origin"]["from"];
    readonly failure: string | null;
    readonly keys: readonly { readonly kid: string | null; readonly algorithm: string }[];
    /** For each key that the plugin does not use, the reason. For example, the key has another purpose. */
    readonly not_used: readonly string[];
    /** The algorithms that the metadata announces for ID tokens. */
    readonly announced: readonly string[] | null;
    /**
     * The plugin server would fetch the keys again after at most this many seconds; null if the keys do not come from a
     * fetch.
     */
    readonly refresh_seconds: number | null;
    /**
     * The number of seconds by which the provider's clock is ahead of this machine's clock; null if the provider does
     * not send its time.
     */
    readonly clock_ahead_seconds: number | null;
  }[];
}

export function viewIssuer({ issuer, places, combined }: AskedIssuer): IssuerView {
  return {
    id: issuer.id,
    issuer: withoutUserInfo(issuer.issuer),
    places: places.map(({ origin, keys, metadata, freshForSeconds, clockAheadMs }, index) => {
      const isFetched = origin.from !== "jwks" && !("file" in origin);
      const inEffect = combined.places[index];
      return {
        from: origin.from,
        failure: keys.ok ? null : keys.failure,
        keys: (inEffect?.keys ?? []).map(({ kid, algorithm }) => ({
          kid: kid === undefined ? null : showKid(kid, MAX_KID),
          algorithm,
        })),
        not_used: keys.ok ? [...keys.value.ignored, ...keys.value.unused, ...(inEffect?.dropped ?? [])] : [],
        announced: readAnnounced(metadata) ?? null,
        refresh_seconds:
          isFetched && keys.ok
            ? refreshDelayMs(issuer.keyRefresh, { ...KEY_TIMINGS, random: () => 0 }, freshForSeconds) / 1000
            : null,
        clock_ahead_seconds: clockAheadMs === undefined ? null : Math.round(clockAheadMs / 1000),
      };
    }),
  };
}

/** Writes one line for each source that answered. */
export function describeIssuer({ id, places }: IssuerView): readonly string[] {
  return places
    .filter(({ failure }) => failure === null)
    .map(({ from, keys, not_used, announced, refresh_seconds }) => {
      const names = keys.map(({ kid, algorithm }) => `${algorithm}${kid === null ? "" : ` ${JSON.stringify(kid)}`}`);
      return [
        `${id}: ${plural(keys.length, "key")} by ${from}${names.length === 0 ? "" : ` (${names.join(", ")})`}`,
        ...(announced === null ? [] : [`announces ${announced.join(", ")}`]),
        ...(refresh_seconds === null ? [] : [`fetched again after ${refresh_seconds} s at most`]),
        ...(not_used.length === 0 ? [] : [`not used: ${not_used.join("; ")}`]),
      ].join("; ");
    });
}
