import type { CompiledPolicy, HeaderMapping, TokenSource } from "../../plugin/core/model/policy.ts";
import { ofBoth } from "./cells/policy-version.ts";
import type { Change, ChangeClass, Direction } from "./change.ts";
import { write } from "./search/write-value.ts";

/**
 * Compares the parts of a policy that are not rules or issuers: headers for the upstream, answers to clients, and token
 * sources.
 */
export function compareEffects(before: CompiledPolicy, after: CompiledPolicy): readonly Change[] {
  return [
    ...compareMappings(before, after),
    ...compareText(
      "effect",
      "the token's header for the upstream",
      before,
      after,
      ({ forwardHeader }) => forwardHeader ?? "none",
      (was, is) => (is === "none" ? "stricter" : was === "none" ? "looser" : "changed"),
    ),
    ...compareText(
      "effect",
      "the client's own Authorization for the upstream",
      before,
      after,
      ({ credentialHeaders }) => (credentialHeaders.includes("authorization") ? "removed" : "kept"),
      (_was, is) => (is === "kept" ? "looser" : "stricter"),
    ),
    ...compareText(
      "effect",
      "Kong's caller",
      before,
      after,
      ({ identity }) => write(identity) ?? "unchanged",
      () => "changed",
    ),
    ...compareText(
      "effect",
      "the answers to refused requests",
      before,
      after,
      ({ answers }) => write(answers),
      () => "changed",
    ),
    ...compareText(
      "effect",
      "the API's description",
      before,
      after,
      ({ protectedResource }) => protectedResource?.metadata ?? "none",
      () => "changed",
    ),
    ...compareSources(before, after),
    ...compareText(
      "transport",
      "the longest token",
      before,
      after,
      ({ maxTokenBytes }) => `${maxTokenBytes} bytes`,
      (was, is) => (Number.parseInt(is, 10) > Number.parseInt(was, 10) ? "looser" : "stricter"),
    ),
    ...compareText(
      "mode",
      "a request that no rule matches",
      before,
      after,
      ({ unmatchedMode }) => unmatchedMode,
      (_was, is) => (is === "report" ? "looser" : "stricter"),
    ),
  ];
}

function compareText(
  kind: ChangeClass,
  subject: string,
  before: CompiledPolicy,
  after: CompiledPolicy,
  read: (policy: CompiledPolicy) => string,
  direction: (was: string, is: string) => Direction,
): readonly Change[] {
  const [was, is] = [read(before), read(after)];
  const summary = `Now ${is}. Before: ${was}.`;
  return was === is
    ? []
    : [{ class: kind, direction: direction(was, is), subject, summary, cells: [], content: `${was}\n${is}` }];
}

/**
 * Compares header mappings. The plugin removes a client's header only if the header is mapped. So if a header is no
 * longer mapped, clients can set it themselves.
 */
function compareMappings(before: CompiledPolicy, after: CompiledPolicy): readonly Change[] {
  const [was, is] = ofBoth([before, after], listMappings);
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((header): Change[] => {
    const [old, current] = [was.get(header), is.get(header)];
    if (write(old) === write(current)) {
      return [];
    }
    const summary = !current
      ? "The plugin no longer sets this header and no longer removes it. So the upstream gets the client's own value."
      : old
        ? `The plugin now sets this header from ${describeMapping(current)}. Before: ${describeMapping(old)}.`
        : `The plugin now sets this header from ${describeMapping(current)}, and removes the client's own value.`;
    const direction = current ? (old ? "changed" : "stricter") : "looser";
    return [
      {
        class: "effect",
        direction,
        subject: `header ${header}`,
        summary,
        cells: [],
        content: `${write(old)}\n${write(current)}`,
      },
    ];
  });
}

function listMappings({ headerMappings }: CompiledPolicy): ReadonlyMap<string, HeaderMapping> {
  return new Map(headerMappings.map((mapping) => [mapping.header, mapping]));
}

function describeMapping({ source, ...how }: HeaderMapping): string {
  const from = write(source);
  return `${from} ${write({ ...how, header: undefined })}`;
}

function compareSources(before: CompiledPolicy, after: CompiledPolicy): readonly Change[] {
  const [was, is] = ofBoth([before, after], ({ tokenSources }) => tokenSources.map(describeSource));
  const change = (direction: Direction, source: string, summary: string): Change => ({
    class: "transport",
    direction,
    subject: "token sources",
    summary,
    cells: [],
    content: source,
  });
  return [
    ...is
      .filter((source) => !was.includes(source))
      .map((source) => change("looser", `+${source}`, `A token may now come in ${source}.`)),
    ...was
      .filter((source) => !is.includes(source))
      .map((source) => change("stricter", `-${source}`, `A token may no longer come in ${source}.`)),
  ];
}

function describeSource(source: TokenSource): string {
  const issuers = source.issuers === undefined ? "" : ` of issuers ${[...source.issuers].sort().join(" ")}`;
  return `${describePlace(source)}${issuers}`;
}

function describePlace(source: TokenSource): string {
  switch (source.from) {
    case "authorization": {
      const others = [...(source.schemes ?? [])].filter((scheme) => scheme !== "bearer").sort();
      const accepted = [...others, ...(source.allowsBare ? ["without a scheme"] : [])];
      return `Authorization${accepted.length === 0 ? "" : ` (also ${accepted.join(", ")})`}`;
    }
    case "header":
      return `header ${source.name}${source.scheme ? ` (${source.scheme.source})` : ""}`;
    case "cookie":
      return `cookie ${source.name} (origins ${[...source.allowedOrigins].sort().join(" ")})`;
    case "query":
      return `query parameter ${source.name}`;
  }
}
