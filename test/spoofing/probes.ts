import type { Protocol } from "../conformance/cases/case.ts";
import { ACCESS_MODES, type AccessMode, COMPARED, expectIdentity, SOURCE } from "./modes.ts";
import { type Expected, findForgeries, type Line } from "./oracle.ts";
import { VARIANTS, type Variant } from "./variants.ts";
import type { SpoofedRequest } from "./world/send.ts";
import type { SpoofingWorld } from "./world/world.ts";

/** One request, and its allowed results. */
export interface Probe {
  readonly title: string;
  /** The request's `x-case`. */
  readonly id: string;
  readonly request: SpoofedRequest;
  /** @param lines the lines that the upstream received; undefined if it received nothing. */
  findFaults(lines: readonly Line[] | undefined): readonly string[];
}

type Credentials = SpoofingWorld["credentials"];

/** The fake headers of one request. */
interface NameGroup {
  readonly title: string;
  readonly names: readonly string[];
  /** Whether the gateway judges requests as if these headers were absent. */
  readonly isInert: boolean;
  /** Whether the header may be the client's own if the rule reads no tokens. */
  readonly isCredential?: boolean;
}

/** A verdict that the guard would accept. No upstream may see the verdict. */
const TRUE_VERDICT = /^[0-9a-f-]{36} [0-9]+ [0-9a-f]{32}$/;
/** A header that would be a verdict if clients could send one to the guard. */
const VERDICT: NameGroup = { title: "the guard's verdict", names: ["x-jwt-policy-verdict"], isInert: true };
const AUTHORIZATION: NameGroup = {
  title: "Authorization",
  names: ["authorization"],
  isInert: false,
  isCredential: true,
};
const SOURCE_NAME: NameGroup = { title: "a token's header", names: [SOURCE], isInert: false, isCredential: true };
const COMPARED_NAME: NameGroup = { title: "the compared header", names: [COMPARED], isInert: false };

/**
 * The requests for one mode over one protocol. Each variant is in several modes, but not in all. One request has all names of a
 * policy. The pipeline is tested with all of these requests (core.test.ts).
 */
export function createProbes(mode: AccessMode, protocol: Protocol, credentials: Credentials): readonly Probe[] {
  const offset = ACCESS_MODES.indexOf(mode);
  return namesOf(mode).flatMap((group) => {
    const isWhole = group !== VERDICT && group !== AUTHORIZATION && mode.identity !== "refused";
    const stride = isWhole ? (protocol === "http/1.1" ? 2 : 4) : 7;
    return variantsOf(group, protocol)
      .filter((_, index) => (index + offset) % stride === 0)
      .map((variant) => createProbe(mode, protocol, variant, group, credentials));
  });
}

/** Every variant of every name for itself. */
export function createAllProbes(mode: AccessMode, credentials: Credentials): readonly Probe[] {
  const groups = namesOf(mode).flatMap((group) =>
    group.names.map((name) => ({ ...group, title: name, names: [name] })),
  );
  return groups.flatMap((group) =>
    variantsOf(group, "http/1.1").map((variant) => createProbe(mode, "http/1.1", variant, group, credentials)),
  );
}

function namesOf(mode: AccessMode): readonly NameGroup[] {
  return [
    // If a policy sets no such header, it must leave the client's header unchanged.
    { title: "identity", names: Object.keys(expectIdentity({ ...mode, isPlain: false }, "user", "")), isInert: true },
    VERDICT,
    // If a policy keeps the client's own Authorization, it promises nothing about this header.
    ...(mode.route.startsWith("kept") ? [] : [AUTHORIZATION]),
    ...(mode.route === "compared" ? [COMPARED_NAME] : []),
    ...(isMoved(mode) ? [SOURCE_NAME] : []),
  ];
}

/** Whether the policy accepts tokens from several sources, and forwards them in a separate header. */
function isMoved({ route }: AccessMode): boolean {
  return route.startsWith("moved");
}

function variantsOf({ names }: NameGroup, protocol: Protocol): readonly Variant[] {
  const hasDashes = names.some((name) => name.includes("-"));
  return VARIANTS.filter(({ only, dashes }) => (only?.includes(protocol) ?? true) && (hasDashes || !dashes));
}

let count = 0;

function createProbe(
  mode: AccessMode,
  protocol: Protocol,
  variant: Variant,
  group: NameGroup,
  credentials: Credentials,
): Probe {
  count += 1;
  const id = `spoof-${count}`;
  const credential = credentials[mode.credential];
  const made = group.names.flatMap(variant.lines);
  const honest: readonly Line[] = [["x-case", id], ...placeCredential(mode, credential), ...(mode.headers ?? [])];
  const request: SpoofedRequest = {
    protocol,
    ...targetOf(mode, protocol, variant, credential),
    version: variant.version ?? "1.1",
    lines: [...(variant.besides ?? []), ...(variant.trailers ? honest : placeLines(variant, made, honest))],
    trailers: variant.trailers ? made : undefined,
  };
  const fate = group.isInert || variant.fate === "refused" ? variant.fate : "either";
  const findFaults = (received: readonly Line[] | undefined): readonly string[] => {
    const unexpected = checkArrival(mode, fate, received !== undefined);
    if (unexpected !== undefined || received === undefined) {
      return [unexpected ?? []].flat();
    }
    const leaks = received.filter(([, value]) => TRUE_VERDICT.test(value)).map(([name]) => `${name} has the verdict`);
    return [...leaks, ...findForgeries(received, expectLines(mode, fate, group, credential))];
  };
  return { title: `${group.title}, ${variant.title}`, id, request, findFaults };
}

function targetOf(
  mode: AccessMode,
  protocol: Protocol,
  { trailers }: Variant,
  credential: string | undefined,
): { method: string; path: string } {
  const query = mode.place === "query" ? `?a=b&access_token=${tokenOf(credential)}` : "";
  return protocol === "grpc"
    ? { method: "POST", path: `/${mode.route}.Things/Get` }
    : { method: mode.method ?? (trailers ? "POST" : "GET"), path: `/${mode.route}${mode.path ?? ""}${query}` };
}

function placeCredential({ place }: AccessMode, credential: string | undefined): readonly Line[] {
  if (credential === undefined || place === "query") {
    return [];
  }
  const token = tokenOf(credential);
  return [
    place === "cookie"
      ? ["cookie", `a=b; __Host-token=${token}`]
      : place
        ? [place, token]
        : ["authorization", credential],
  ];
}

function tokenOf(credential = ""): string {
  return credential.replace("Bearer ", "");
}

function placeLines({ place = "before" }: Variant, made: readonly Line[], honest: readonly Line[]): readonly Line[] {
  return [...(place === "behind" ? [] : made), ...honest, ...(place === "before" ? [] : made)];
}

/**
 * @returns the fault: the request reached the upstream although it must not, or it did not reach the upstream although
 * it must.
 */
function checkArrival(mode: AccessMode, fate: Variant["fate"], hasArrived: boolean): string | undefined {
  if (!hasArrived) {
    return fate === "judged" && mode.identity !== "refused" ? "the request did not reach the upstream" : undefined;
  }
  const isRefused = mode.identity === "refused" || (fate === "refused" && !mode.isReport);
  return isRefused ? "the request reached the upstream" : undefined;
}

function expectLines(
  mode: AccessMode,
  fate: Variant["fate"],
  group: NameGroup,
  credential: string | undefined,
): Expected {
  // In report mode, the request goes on as anonymous.
  const identity = mode.identity === "user" && fate !== "refused" ? "user" : "nobody";
  // If a rule reads no tokens, the sources keep the client's content.
  const isOwn = group.isCredential === true && identity === "nobody";
  return {
    ...expectIdentity(mode, identity, tokenOf(credential)),
    ...(mode.route === "compared" ? { [COMPARED]: ["acme"] } : {}),
    ...(isOwn ? {} : { authorization: mode.forwards === true && credential !== undefined ? [credential] : [] }),
    ...(isMoved(mode) && identity === "user" ? { [SOURCE]: [] } : {}),
  };
}
