import { by, none } from "./check-list.ts";

/** Coverages that more than one check-list names. */

const CASES = "conformance/cases/cases.ts";
const CLAIMS = "core/access/claims.test.ts";
const DECODE = "core/token/decode.test.ts";
const IMPORT = "keys/import/import-key-set.test.ts";
const ISSUER_KEYS = "keys/life/issuer-keys.test.ts";
const KEY = "core/token/key.test.ts";
const VERIFY = "core/token/verify.test.ts";

export const accepts = by(CASES, "passes a token signed with");
export const noToken = by(CASES, "asks for a token where there is none");
export const algNone = by(CASES, "refuses alg none");
export const idToken = by(CASES, "refuses an ID token's typ");

export const verifies = by(VERIFY, "hands out the claims once the signature holds");
export const otherSignature = by(VERIFY, "refuses the signature of another key of the same kind");
export const keyDecides = by(
  VERIFY,
  "and the header does not choose: a key for PS256 verifies PS256 whatever the token says",
);

export const issuerUnknown = by(KEY, "trusts no issuer with iss %j");
export const algorithmUnknown = by(KEY, "does not allow algorithm %j, which the issuer does not name");
export const kidUnknown = by(KEY, "a kid that nobody has");
export const kidRules = by("keys/import/select-key.test.ts", "of %j for kid %j and alg %s: %s");

export const segments = by(DECODE, "refuses what is not three segments, of which header and signature are not empty");
export const oneText = by(DECODE, "refuses segments with more than one text");
export const oneReading = by(DECODE, "refuses bytes that two readers can read differently");
export const headerTypes = by(DECODE, "refuses header parameters of the wrong type");
export const extensions = by(DECODE, "refuses extensions, which it could only ignore");
export const embeddedKeys = by(DECODE, "and does not hand on keys or addresses of keys that the header carries");
export const emptyPayload = by(DECODE, "a payload need be a claims set in a token only");

export const expEdge = by(
  CLAIMS,
  "refuses a token at the very second exp + clock_skew, and accepts it one second before",
);
export const expType = by(CLAIMS, "refuses exp %j");
export const expMissing = by(CLAIMS, "exp always");
export const nbfEdge = by(
  CLAIMS,
  "accepts a token at the very second nbf - clock_skew, and refuses it one second before",
);
export const nbfType = by(CLAIMS, "refuses nbf %j");
export const iatEdge = by(
  CLAIMS,
  "accepts a token at the very second iat - clock_skew, and refuses it one second before",
);
export const iatType = by(CLAIMS, "refuses iat %j");
export const ageEdge = by(
  CLAIMS,
  "refuses a token at the very second iat + max_token_age + clock_skew, and accepts it one second before",
);
export const lifetimeEdge = by(CLAIMS, "takes a lifetime of just max_token_lifetime, and not a second more");
export const audienceFits = by(CLAIMS, "aud must hold an accepted audience");
export const audienceElsewhere = by(CLAIMS, "the audience may be in another claim");
export const typFits = by(CLAIMS, "typ must be the issuer's token_type");
export const subAndJti = by(CLAIMS, "registered claims have their registered types");
export const requiredClaims = by(CLAIMS, "required claims must be there");

export const scopesFit = by("core/access/authorize.test.ts", "lets a token pass that has all required scopes");
export const scopesLack = by("core/access/authorize.test.ts", "refuses a token that lacks one");

export const keyWithoutAlg = by(IMPORT, "RSA without alg");
export const keyForOthers = by(IMPORT, "leaves out what is for another purpose, and says so");
export const keyUnusable = by(IMPORT, "leaves out, and says why without key material");
export const notAKeySet = by(IMPORT, "takes no keys of what is not a key set");

export const fetchedOnce = by(ISSUER_KEYS, "when twenty requests come before the first set");
export const cooldown = by(ISSUER_KEYS, "causes no fetch one millisecond before the cooldown ends, and one at its end");
export const backOff = by(ISSUER_KEYS, "and each failure doubles the wait, up to the cooldown");
export const knownAtOnce = by(ISSUER_KEYS, "and answers a known kid at once, without a promise, also while it fetches");
export const badSet = by(ISSUER_KEYS, "what is no answer about keys leaves the last good set in effect");
export const keysUnavailable = by(ISSUER_KEYS, "while no set ever came, keys are unavailable");

export const fetchTimeout = by("keys/fetch/fetch-json.test.ts", "%s in time, and closes the connection");
export const certificates = by("keys/import/import-pem.test.ts", "an X.509 certificate");
export const certificateForm = by("keys/import/import-pem.test.ts", "a damaged certificate");
export const pemForSecrets = by("keys/import/import-secret.test.ts", "a public key in PEM (CVE-2016-10555)");
export const secrets = by("keys/import/import-secret.test.ts", "verifies with the hash of its algorithm alone");
export const secretEncodings = by("keys/import/import-secret.test.ts", "is read as %s: %j");
export const secretSignatures = by("keys/import/import-secret.test.ts", "refuses a signature that is %s");

export const ownKeys = by("keys/life/key-source.test.ts", "keys of one issuer are never those of another");
export const prefetch = by(
  "keys/life/key-source.test.ts",
  "prefetch fetches what the first request needs, which then does not wait",
);
export const notInLogs = by("observe/decision-log.test.ts", "no line holds the token or values of its claims");
export const mistakes = by("policy/read/validate-document.test.ts", "one mistake is one issue");
export const durations = by("policy/language/duration.test.ts", "seconds of a duration");

export const ed448 = none("Ed448 is not supported (docs/vectors.md, disagreements)");
export const programming = none(
  "how a program calls the library; here a policy says it, and its mistakes are found when it is read",
);

export const consumers = by("conformance/cases/caller-cases.ts", "tells the upstream which Consumer the token names");
export const conditions = by("core/access/condition.test.ts", "must meet all its tests, and the first that fails is named");
export const memberships = by("core/access/authorize.test.ts", "%j of %j: %s");
export const anyScope = by("core/access/authorize.test.ts", "scopes, any or none of them");
export const otherPlaces = by("core/token/token-source.test.ts", "in %s is taken");
export const otherPlaceJudged = by(
  "core/decide-token-source.test.ts",
  "the upstream gets the token as Authorization and nowhere else",
);
export const severalPlaces = by(
  "core/token/token-source.test.ts",
  "in %s and one in %s are ambiguous, in whichever order the sources stand",
);
export const severalInOne = by("core/token/token-source.test.ts", "what is no token");
