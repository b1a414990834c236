import { expect, it } from "vitest";
import { compilePolicy } from "../../core/fixtures.ts";

const PLAIN = { list: "join", separator: ",", encoding: "text", fallback: undefined, maxBytes: 4096 };
const claim = (text: string, ...path: readonly string[]): object => ({
  source: { from: "claim", claims: [{ text, path: path.length === 0 ? [text] : path }] },
});
const payload = { source: { from: "payload" } };

it.each<[source: unknown, mapping: object]>([
  ["sub", claim("sub")],
  [{ from: "/org/id" }, claim("/org/id", "org", "id")],
  [
    { from: "sub", fallback: "none" },
    { ...claim("sub"), fallback: "none" },
  ],
  [
    { from: "roles", list: "repeat" },
    { ...claim("roles"), list: "repeat" },
  ],
  [
    { from: "roles", list: "repeat", separator: "," },
    { ...claim("roles"), list: "repeat" },
  ],
  [
    { from: "roles", separator: ";" },
    { ...claim("roles"), separator: ";" },
  ],
  [
    { from: "address", encoding: "json", max_bytes: 10 },
    { ...claim("address"), encoding: "json", maxBytes: 10 },
  ],
  [{ constant: "a" }, { source: { from: "constant", text: "a" } }],
  [
    { payload: true, max_bytes: 99 },
    { ...payload, maxBytes: 99 },
  ],
  [{ payload: true, encoding: "text" }, payload],
])("a mapped header is compiled with every option that its source allows: %j", (source, mapping) => {
  const { headerMappings } = compilePolicy({ header_mappings: { "x-a": source } });
  expect(headerMappings).toEqual([{ header: "x-a", ...PLAIN, ...mapping }]);
});
