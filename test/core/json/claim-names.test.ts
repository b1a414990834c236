import { describe, expect, it } from "vitest";
import { listNames, splitNames } from "../../../plugin/core/json/claim-names.ts";
import { InexactNumber, type JsonValue } from "../../../plugin/core/json/json.ts";

describe("the names in a claim", () => {
  const list = (value: JsonValue | undefined): unknown =>
    listNames(value, (text) => (text === "unclear" ? undefined : text.split(" ")));

  it.each<[value: JsonValue | undefined, names: readonly string[] | undefined]>([
    ["a b", ["a", "b"]],
    ["", [""]],
    ["unclear", undefined],
    [
      ["a b", "c"],
      ["a b", "c"],
    ],
    [[], []],
    [undefined, []],
    [null, []],
    [["a", 1], undefined],
    [["a", ["b"]], undefined],
    [{ a: true }, undefined],
    [1, undefined],
    [false, undefined],
    [0, undefined],
    [new InexactNumber(1), undefined],
  ])("%j are %j", (value, names) => {
    expect(list(value)).toEqual(names);
  });
});

describe("the names in one string with a separator", () => {
  it.each<[value: JsonValue | undefined, names: readonly string[] | undefined]>([
    ["a,b", ["a", "b"]],
    ["  a  , b c,d ", ["a", "b c", "d"]],
    [",a,,  ,b,", ["a", "b"]],
    ["", []],
    ["   ", []],
    ["\u00fc,\u{1f600}", ["\u00fc", "\u{1f600}"]],
    [undefined, []],
    [null, []],
    [["a"], undefined],
    [1, undefined],
    [false, undefined],
    ...["\ta", "a\t", "a\nb", "a\u00a0b", "a\u0000", "a\u0085", "a\u200bb", "\u2028", "\u00ad"].map(
      (text): [string, undefined] => [text, undefined],
    ),
  ])("%j are %j", (value, names) => {
    expect(splitNames(value, ",")).toEqual(names);
  });
});
