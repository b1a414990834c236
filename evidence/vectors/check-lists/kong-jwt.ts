import { by, type CheckedTitles, type CheckList, none } from "./check-list.ts";
import * as our from "./coverages.ts";

const gRpc = none("a decision does not depend on the protocol; Kong puts a refusal into gRPC's form");
const severalPlugins = none(
  "how the authentication plugins of a route combine is Kong's part; evidence/kong-plugins tries it",
);
const namedElsewhere = none("an issuer is found by `iss` alone (RFC 8725 section 3.8)");
const verifiesAndConsumer: readonly CheckedTitles[] = [
  ["1", our.verifies],
  ["2", our.consumers],
];

/** The integration tests of Kong's own `jwt` plugin. */
export const kongJwt: CheckList = {
  source: "kong-jwt",
  fingerprint: "6e683800eca1d3b1",
  files: {
    refusals: [
      ["1", our.noToken],
      ["2-4", our.issuerUnknown],
      ["5", our.otherSignature],
      ["6", our.algorithmUnknown],
      ["7", by("core/decide.test.ts", "per operation, where the rule has operations")],
      ["8", by("core/decide.test.ts", "access says what a request without a valid token may do")],
      ["9-10", our.lifetimeEdge],
      ["11", gRpc],
      ["12", our.severalPlaces],
    ],
    HS256: [
      ["1", our.secrets],
      ["2", gRpc],
      ["3-4", namedElsewhere],
      ["5", our.secretEncodings],
      ["6-7,12,14-15", our.otherPlaces],
      ["8-9", our.otherPlaceJudged],
      ["13", our.severalInOne],
      ["10", our.accepts],
      ["11", our.noToken],
    ],
    RS256: [...verifiesAndConsumer, ["3", none("a key is a JWK or PEM; base64 of PEM is neither")]],
    RS384: verifiesAndConsumer,
    RS512: verifiesAndConsumer,
    ES384: verifiesAndConsumer,
    ES512: verifiesAndConsumer,
    PS256: verifiesAndConsumer,
    PS384: verifiesAndConsumer,
    PS512: verifiesAndConsumer,
    EdDSA: [
      ["1", our.verifies],
      ["2", our.ed448],
      ["3", our.consumers],
    ],
    HS386: [["1", our.secrets]],
    HS512: [["1", our.secrets]],
    "JWT private claims checks": [
      ["1", our.requiredClaims],
      ["2", our.expEdge],
      ["3", our.nbfEdge],
    ],
    "ctx.authenticated_jwt_token": [["1", none("other plugins get headers, and no unread token")]],
    "config.anonymous": [
      ["1", by("conformance/cases/cases.ts", "takes a good token on an optional rule")],
      // There the request passes as nobody; here a bad token is no free pass (docs/adr/0005).
      ["2", by("conformance/cases/cases.ts", "refuses a bad token on an optional rule")],
      ["3", by("conformance/cases/cases.ts", "refuses a bad token on an optional rule")],
      ["4", none("who has no token is nobody, and no Consumer that could be missing")],
    ],
    "multiple auth without anonymous, logical AND": [["1-4", severalPlugins]],
    "multiple auth with anonymous, logical OR": [["1-4", severalPlugins]],
  },
};
