import { awsJwtVerify } from "./aws-jwt-verify.ts";
import type { CheckList } from "./check-list.ts";
import { kongJwt } from "./kong-jwt.ts";
import { panvaJose } from "./panva-jose.ts";

export const CHECK_LISTS: readonly CheckList[] = [kongJwt, awsJwtVerify, panvaJose];
