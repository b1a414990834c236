import type { AttackClass } from "./attack.ts";
import { algorithm } from "./classes/algorithm.ts";
import { audience } from "./classes/audience.ts";
import { claimAsHeader } from "./classes/claim-as-header.ts";
import { credentials } from "./classes/credentials.ts";
import { encryption } from "./classes/encryption.ts";
import { issuer } from "./classes/issuer.ts";
import { issuerCondition } from "./classes/issuer-condition.ts";
import { json } from "./classes/json.ts";
import { keyChoice } from "./classes/key-choice.ts";
import { requestReading } from "./classes/request-reading.ts";
import { requirement } from "./classes/requirement.ts";
import { scope } from "./classes/scope.ts";
import { serialization } from "./classes/serialization.ts";
import { sharedSecret } from "./classes/shared-secret.ts";
import { signature } from "./classes/signature.ts";
import { tenant } from "./classes/tenant.ts";
import { time } from "./classes/time.ts";
import { tokenSource } from "./classes/token-source.ts";
import { tokenType } from "./classes/token-type.ts";
import { weakKey } from "./classes/weak-key.ts";

/** All attacks, in the order in which a request is judged. */
export const ATTACK_CLASSES: readonly AttackClass[] = [
  requestReading,
  credentials,
  tokenSource,
  serialization,
  json,
  encryption,
  issuer,
  tenant,
  algorithm,
  keyChoice,
  weakKey,
  sharedSecret,
  signature,
  tokenType,
  audience,
  time,
  issuerCondition,
  scope,
  requirement,
  claimAsHeader,
];
