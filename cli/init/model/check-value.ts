import { fail, PASSED, type Result } from "../../../plugin/core/model/result.ts";
import { toPrintable } from "../../../plugin/core/text/printable.ts";
import { isFetchAllowed } from "../../../plugin/keys/rules/fetch-url.ts";
import type { Check } from "./provider.ts";

const MAX_TEXT = 255;
const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}$/;
/** On Windows, these names belong to devices. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

function check(isGood: boolean, failure: string): Result<undefined, string> {
  return isGood ? PASSED : fail(failure);
}

/** @param failure describes the pattern. The text is the end of a sentence: `must be …`. */
export function matches(pattern: RegExp, failure: string): Check {
  return (value) => check(pattern.test(value), failure);
}

/** The name of the API becomes the name of a file, of rules, and of entities in Kong. */
export const checkName: Check = (value) =>
  DEVICE.test(value)
    ? fail("is a device on Windows, so it cannot be the name of a file there")
    : check(
        /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(value),
        "must be a file name of at most 63 letters, digits, dashes and underscores that begins with a letter or digit, such as orders",
      );

/** The exact `iss` of the provider's tokens. In a policy, braces and `$` have a special meaning. */
export const checkIssuer: Check = (value) => {
  const [, issuer] = /^(.*)\/\.well-known\/[^/]*\/?$/.exec(value) ?? [];
  return issuer === undefined
    ? check(
        isFetchAllowed(value) && !/[${}]/.test(value),
        "must be an https URL without query and fragment, exactly as in the claim iss, such as https://sso.example.com/realms/shop. Only localhost may have http",
      )
    : fail(`must be the issuer itself: leave out ${toPrintable(value.slice(issuer.length))}`);
};

/** Checks the address of an upstream. */
export const checkUpstream: Check = (value) =>
  check(
    /^https?:\/\/[!-~]+$/.test(value) && URL.canParse(value) && !/[?#@]/.test(value),
    "must be an http or https URL without user, query and fragment, such as http://orders.internal:8080",
  );

/** Checks a path of a Kong Route, which must be a prefix and not a regular expression. */
export const checkPath: Check = (value) =>
  check(
    /^\/(?:[A-Za-z0-9._~-]+(?:\/(?!$)|$))*$/.test(value) && !value.split("/").some((part) => /^\.{1,2}$/.test(part)),
    "must be a path of letters, digits and the characters . _ ~ - and /, such as /orders, without a slash at the end",
  );

export const checkHost = matches(
  HOST,
  "must be a host in lower case, without https:// and without a path, such as login.example.com",
);

/** Checks that a string has no line breaks. */
export const checkText: Check = (value) =>
  check(
    value.length <= MAX_TEXT &&
      value !== "" &&
      value.trim() === value &&
      toPrintable(value) === value &&
      !/\$\{/.test(value),
    `must be a string of 1 to ${MAX_TEXT} visible characters in one line, without \${, and without spaces at its start or end`,
  );

/** Checks that the value is one scope (RFC 6749 section 3.3). */
export const checkScope: Check = (value) =>
  check(
    /^[!#-[\]-~]{1,128}$/.test(value) && !value.includes("${"),
    'must be one scope of visible ASCII characters without spaces, " and \\, such as orders:read',
  );

export const checkClaim: Check = (value) =>
  check(
    checkText(value).ok &&
      !value.includes("__proto__") &&
      /^(?:[^/]|\/(?!(?:.*\/)?-(?:\/|$))(?:[^~]|~[01])*$)/.test(value),
    "must be the name of a claim, such as scope, or a JSON Pointer to it, such as /realm_access/roles",
  );

export const checkUuid = matches(
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  "must be an id in lower case, such as 72f988bf-86f1-41af-91ab-2d7cd011db47, because tokens contain the id, not the name",
);
