import { expect, it } from "vitest";
import { hasValue } from "../../../plugin/core/json/claim-value.ts";
import { InexactNumber, type JsonValue } from "../../../plugin/core/json/json.ts";

it.each<[value: JsonValue]>([
  ...["a", " a", "\u200ba", "0", "\u{1f600}"].map((text): [JsonValue] => [text]),
  ...[[0], [false], [true], [new InexactNumber(0)], [[0]], [["", "a"]], [{ a: "", b: 1 }], [{ a: { b: ["x"] } }]].map(
    ([value]): [JsonValue] => [value as JsonValue],
  ),
])("%j is a value", (value) => {
  expect(hasValue(value)).toBe(true);
});

it.each<[value: JsonValue | undefined]>([
  ...["", " ", "\t\n", "\u00a0", "\u0000", "\u200b", "\u00ad\u2060"].map((text): [JsonValue] => [text]),
  ...[[undefined], [null], [[]], [{}], [[null, "", []]], [{ a: null, b: { c: " " } }]].map(
    ([value]): [JsonValue | undefined] => [value as JsonValue | undefined],
  ),
])("%j is no value", (value) => {
  expect(hasValue(value)).toBe(false);
});
