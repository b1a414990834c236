import { expect, it } from "vitest";
import { messageOf } from "../../../plugin/core/text/error-message.ts";

it("an error has its message, and any other thrown value has none", () => {
  expect([new TypeError("bad"), "bad", undefined, { message: "bad" }].map(messageOf)).toEqual([
    "bad",
    ...["unknown error", "unknown error", "unknown error"],
  ]);
});
