import type { AttackClass } from "../forge/attack.ts";
import { requirement } from "./access/requirement.ts";
import { scope } from "./access/scope.ts";
import { audience } from "./issuer/audience.ts";
import { issuer } from "./issuer/issuer.ts";
import { issuerCondition } from "./issuer/issuer-condition.ts";
import { tenant } from "./issuer/tenant.ts";
import { keyChoice } from "./keys/key-choice.ts";
import { sharedSecret } from "./keys/shared-secret.ts";
import { weakKey } from "./keys/weak-key.ts";
import { credentials } from "./request/credentials.ts";
import { requestReading } from "./request/request-reading.ts";
import { tokenSource } from "./request/token-source.ts";
import { algorithm } from "./token/algorithm.ts";
import { claimAsHeader } from "./token/claim-as-header.ts";
import { encryption } from "./token/encryption.ts";
import { json } from "./token/json.ts";
import { serialization } from "./token/serialization.ts";
import { signature } from "./token/signature.ts";
import { time } from "./token/time.ts";
import { tokenType } from "./token/token-type.ts";

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
