const REASONS: readonly (readonly [names: RegExp, reason: string])[] = [
  [
    /^(?:x-forwarded-(?:for|host|path|port|prefix|proto)|x-real-ip|x-kong-.*|via)$/,
    "Kong itself writes this header for the upstream, after all plugins",
  ],
  [/^x-jwt-policy-.*$/, "the guard uses the headers that begin with x-jwt-policy-"],
  [/^(?:authorization|cookie|proxy-authorization)$/, `it has credentials; "token" says where the token may be`],
];

/** Returns the end of a sentence: why a policy cannot use a request header. */
export function explainRefusedHeader(name: string): string {
  const known = REASONS.find(([names]) => names.test(name));
  return known ? known[1] : "it steers the connection or describes the message, and Kong or the upstream acts on it";
}
