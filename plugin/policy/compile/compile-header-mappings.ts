import type { HeaderMapping as MappingSource, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { HeaderMapping, HeaderSource } from "../../core/model/policy.ts";
import { compileFirstClaim } from "../language/claim-locations.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";

type MappingMap = Exclude<MappingSource, string>;

/** The defaults, for a mapping that is only the name of a claim. */
const PLAIN = { list: "join", separator: ",", encoding: "text", fallback: undefined, maxBytes: 4096 } as const;

/** Compiles the headers for the upstream, and reports mistakes that the schema cannot find. */
export function compileHeaderMappings({ header_mappings: sources }: PolicyDocument): {
  readonly mappings: readonly HeaderMapping[];
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  const mappings = Object.entries(sources).map(([header, source]): HeaderMapping => {
    if (typeof source === "string") {
      return { header, source: { from: "claim", claims: compileFirstClaim(source) }, ...PLAIN };
    }
    const { list, separator, encoding, fallback, max_bytes: maxBytes } = source;
    findings.push(...checkMapping(source, ["header_mappings", header]));
    return { header, source: compileSource(source), list, separator, encoding, fallback, maxBytes };
  });
  return { mappings, findings };
}

function compileSource({ from, constant }: MappingMap): HeaderSource {
  if (from !== undefined) {
    return { from: "claim", claims: compileFirstClaim(from) };
  }
  return constant === undefined ? { from: "payload" } : { from: "constant", text: constant };
}

function checkMapping(source: MappingMap, path: DocumentPath): Finding[] {
  const named = (["from", "constant", "payload"] as const).filter((key) => source[key] !== undefined);
  const refuse = (message: string): Finding[] => [{ code: "mapping_invalid", path, message }];
  if (named.length !== 1) {
    return refuse(`A header has one source: write exactly one of the keys "from", "constant" and "payload".`);
  }
  if (source.from === undefined && source.fallback !== undefined) {
    return refuse(`"fallback" is the value for an absent claim, so it needs "from".`);
  }
  if (source.list === "repeat" && source.separator !== PLAIN.separator) {
    return refuse(`"separator" is the text between joined elements: leave "separator" out beside "list: repeat".`);
  }
  return source.payload && source.encoding !== PLAIN.encoding
    ? refuse(`"payload" already has an encoding: it is base64url, as in the token. Leave "encoding" out.`)
    : [];
}
