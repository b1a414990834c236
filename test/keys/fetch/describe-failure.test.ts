import { describe, expect, it } from "vitest";
import { describeFailure } from "../../../plugin/keys/fetch/describe-failure.ts";

const errorOf = (code: unknown, message = "SECRET"): Error => Object.assign(new Error(message), { code });

describe("the failure of a fetch is described", () => {
  const broken = "the connection broke before the answer was complete";
  const untrusted = "no trusted authority issued the server's certificate";
  it.each<[code: string, text: string]>([
    ["ENOTFOUND", "the host name does not resolve"],
    ["EAI_AGAIN", "the host name cannot be resolved at the moment"],
    ["ECONNRESET", broken],
    ["EPIPE", broken],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", untrusted],
    ["SELF_SIGNED_CERT_IN_CHAIN", untrusted],
    ["UNABLE_TO_GET_ISSUER_CERT", untrusted],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", untrusted],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", untrusted],
    ["CERT_HAS_EXPIRED", "the server's certificate has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "the server's certificate is for another host"],
    ["HPE_HEADER_OVERFLOW", "the answer's headers are too long"],
    ["HPE_INVALID_CONSTANT", "the answer is not HTTP"],
  ])("for the code %s by our own text and the code", (code, text) => {
    expect(describeFailure(errorOf(code))).toBe(`${text} (${code})`);
  });

  it.each<[what: string, error: unknown, text: string]>([
    ["another code by Node's text and the code", errorOf("EACCES", "denied"), "denied (EACCES)"],
    ["a text that names the code already", errorOf("EACCES", "connect EACCES"), "connect EACCES"],
    ["a code that only contains HPE_", errorOf("X_HPE_", "odd"), "odd (X_HPE_)"],
    ["a code that is a number", errorOf(5, "odd"), "odd"],
    ["no code", new Error("denied"), "denied"],
    ["no text", new TypeError(""), "TypeError"],
    ["a text of 301 characters by 300 of them", new Error("x".repeat(301)), "x".repeat(300)],
    ["several addresses", new AggregateError([errorOf("EPIPE"), new Error("b")]), `${broken} (EPIPE); b`],
    ["a value that is not an error", "SECRET", "unknown error"],
    ["no value", undefined, "unknown error"],
  ])("for %s", (_what, error, text) => {
    expect(describeFailure(error)).toBe(text);
  });
});
