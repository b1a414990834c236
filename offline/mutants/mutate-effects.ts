import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import { WRONG } from "../tokens/tamper.ts";
import { entriesOf, isList, isMap, type PlainMap } from "./edit.ts";
import { type Mutant, type MutationWorld, mutate, setKey } from "./mutant.ts";
import { dropEach } from "./mutate-requirements.ts";

const MOST_BYTES = 16_384;
/** The tampering `too_large` makes tokens with about this many bytes. */
const LARGE_BYTES = 16_000;

/**
 * Lists mutants of the remaining parts of the policy: token sources, header mappings, Kong's caller, answers, and the
 * API's description.
 */
export function mutateEffects(data: PlainMap, world: MutationWorld): readonly Mutant[] {
  return [
    ...mutateToken(isMap(data.token) ? data.token : {}, world),
    ...entriesOf(data.header_mappings).flatMap(([header, mapping]) => mutateMapping(header, mapping)),
    ...mutateIdentity(data.identity, world),
    ...mutateAnswers(data.answers),
    ...(data.protected_resource === undefined
      ? []
      : [mutate("drop_description", ["protected_resource"], "the API has no description", () => undefined)]),
  ];
}

function mutateToken(token: PlainMap, { origins }: MutationWorld): readonly Mutant[] {
  const { max_bytes: bytes, sources, forward } = token;
  const list = isList(sources) ? sources : [];
  return [
    ...(bytes === undefined || Number(bytes) >= LARGE_BYTES
      ? []
      : [setKey("raise_max_bytes", ["token"], "max_bytes", MOST_BYTES, "longer tokens are accepted")]),
    ...(forward === false ? [setKey("forward_token", ["token"], "forward", true, "the upstream gets the token")] : []),
    ...(list.length < 2
      ? []
      : list.map((source, index) =>
          mutate("drop_source", ["token", "sources"], `no token is read from ${describe(source)}`, () =>
            list.toSpliced(index, 1),
          ),
        )),
    ...list.flatMap((source, index): readonly Mutant[] => {
      const known = isMap(source) && isList(source.allowed_origins) ? source.allowed_origins : [];
      const wider = [...new Set([...known, WRONG.origin, ...origins])];
      return isMap(source) && source.cookie !== undefined
        ? [setKey("widen_origins", ["token", "sources", index], "allowed_origins", wider, "other origins are accepted")]
        : [];
    }),
  ];
}

function describe(source: unknown): string {
  return isMap(source) ? entriesOf(source).slice(0, 1).flat().join(" ") : String(source);
}

function mutateMapping(header: string, mapping: unknown): readonly Mutant[] {
  const path = ["header_mappings", header];
  const [claims, place] = isMap(mapping) ? [mapping.from, [...path, "from"]] : [mapping, path];
  return [
    ...(isList(claims) && claims.length > 1
      ? dropEach("drop_mapped_claim", claims, place, `${header} does not come from claim %`)
      : []),
    mutate("drop_mapping", path, `the upstream does not get ${header}`, () => undefined),
    ...(isMap(mapping) && mapping.fallback !== undefined
      ? [setKey("drop_fallback", path, "fallback", undefined, `${header} has no fallback`)]
      : []),
    ...(isMap(mapping) && mapping.encoding !== undefined && mapping.encoding !== "text"
      ? [setKey("plain_encoding", path, "encoding", undefined, `${header} is not encoded`)]
      : []),
  ];
}

function mutateIdentity(identity: unknown, { policy }: MutationWorld): readonly Mutant[] {
  if (!isMap(identity)) {
    return [];
  }
  const { issuers, consumer } = identity;
  const ids = listIssuers(policy).map(({ id }) => id);
  const named = isList(issuers) ? issuers : [];
  const others = named.length === 0 ? [] : ids.filter((id) => !named.includes(id));
  const parts = ["consumer", "credential", "groups"].filter((key) => identity[key] !== undefined);
  return [
    ...others.map((id) =>
      setKey("widen_identity", ["identity"], "issuers", [...named, id], `tokens of ${id} set Kong's caller`),
    ),
    ...(isMap(consumer) && consumer.unknown !== "ignore"
      ? [setKey("ignore_unknown_consumer", ["identity", "consumer"], "unknown", "ignore", "an unknown Consumer passes")]
      : []),
    ...parts.map((key) => setKey("drop_identity", ["identity"], key, undefined, `the token sets no ${key}`)),
  ];
}

/** Lists mutants of answers. Of an answer, tests check only the status, so no mutant changes an answer's texts. */
function mutateAnswers(answers: unknown): readonly Mutant[] {
  const reasons = isMap(answers) ? entriesOf(answers.reasons) : [];
  return reasons.flatMap(([reason, answer]) =>
    isMap(answer) && answer.status !== undefined
      ? [
          mutate(
            "drop_answer",
            ["answers", "reasons", reason],
            `denials with ${reason} get the default answer`,
            () => undefined,
          ),
        ]
      : [],
  );
}
