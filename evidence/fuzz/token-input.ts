import { createHmac, createPublicKey } from "node:crypto";
import type { Binding, RequestFacts, RequestLine } from "../../plugin/core/model/request.ts";
import { OVER_TLS } from "../../test/core/fixtures.ts";
import { encodeSegment } from "../../test/tokens.ts";
import type { Signer } from "./seeds/signers.ts";

/** Text in which each character is one byte. So JSON can contain bytes that are not UTF-8. */
export type Bytes = string;

/** How the third segment is made. */
export const SIGNATURES = [
  ...["signed", "empty", "absent", "zeros", "one byte short", "one byte long", "a bit flipped", "of other text"],
  ...["doubled", "r and s exchanged", "s negated", "der", "hmac with what all know"],
] as const;

/**
 * A request with a token, as a recipe. The fuzzer makes the signature when it tries the input. So the right key signs a
 * mutated token again, and the input reaches the checks after the signature.
 */
export interface TokenInput {
  readonly world: string;
  readonly binding: Binding;
  readonly requestLine: RequestLine | undefined;
  readonly connection: string | undefined;
  /** The text before the token. If undefined, the request has no Authorization header at all. */
  readonly scheme: string | undefined;
  readonly header: Bytes;
  readonly payload: Bytes;
  /** Name of the key that signs. */
  readonly key: string;
  readonly signature: (typeof SIGNATURES)[number];
  /** Changes of the whole Authorization value after signing, one after the other. */
  readonly edits: readonly Edit[];
  /** Seconds after the fixed time of the fixtures. Fractions are allowed. */
  readonly later: number;
}

export interface Edit {
  /** Taken modulo the length of the text and one. */
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/** Maps the name of a key to the texts that the key really signed. So the oracle does not depend on a verification. */
export type SignedTexts = Map<string, Set<string>>;

/** The request that a recipe describes. The function adds each text that it signs to the map `signed`. */
export function renderRequest(
  input: TokenInput,
  signers: ReadonlyMap<string, Signer>,
  signed: SignedTexts,
): RequestFacts {
  const { binding, requestLine, connection, scheme } = input;
  const authorization =
    scheme === undefined ? undefined : applyEdits(scheme + renderToken(input, signers, signed), input.edits);
  // Nobody can distinguish an empty header from an absent header.
  return {
    binding,
    requestLine,
    connection,
    authorization: authorization === "" ? undefined : authorization,
    ...OVER_TLS,
  };
}

function renderToken(input: TokenInput, signers: ReadonlyMap<string, Signer>, signed: SignedTexts): string {
  const signer = signers.get(input.key);
  if (!signer) {
    throw new Error(`there is no key "${input.key}"`);
  }
  const signingInput = `${encodeSegment(bytesOf(input.header))}.${encodeSegment(bytesOf(input.payload))}`;
  if (input.signature === "absent") {
    return signingInput;
  }
  const sign = (text: string): Buffer => {
    signed.set(input.key, (signed.get(input.key) ?? new Set()).add(text));
    return signOnce(signer, text);
  };
  return `${signingInput}.${encodeSegment(makeSignature(input.signature, signer, signingInput, sign))}`;
}

// Most mutations do not change the signed text, and an RSA signature takes as long as a hundred executions.
const made = new WeakMap<Signer, Map<string, Uint8Array>>();
const MAX_MADE = 500;

/** The result is a copy, because the caller may change it. */
function signOnce(signer: Signer, text: string): Buffer {
  const known = made.get(signer) ?? new Map<string, Uint8Array>();
  made.set(signer, known);
  if (known.size > MAX_MADE) {
    known.clear();
  }
  const signature = known.get(text) ?? signer.sign(Buffer.from(text));
  known.set(text, signature);
  return Buffer.from(signature);
}

function makeSignature(
  kind: TokenInput["signature"],
  signer: Signer,
  signingInput: string,
  sign: (text: string) => Buffer,
): Uint8Array {
  if (kind === "hmac with what all know") {
    const isSecret = signer.key.type === "secret";
    const known = isSecret ? signer.kid : createPublicKey(signer.key).export({ type: "spki", format: "pem" });
    return createHmac("sha256", known).update(signingInput).digest();
  }
  if (kind === "of other text") {
    return sign(`${signingInput}.`);
  }
  const signature = sign(signingInput);
  const half = signature.length / 2;
  switch (kind) {
    case "signed":
      return signature;
    case "empty":
      return Buffer.alloc(0);
    case "zeros":
      return Buffer.alloc(signature.length);
    case "one byte short":
      return signature.subarray(0, -1);
    case "one byte long":
      return Buffer.concat([Buffer.alloc(1), signature]);
    case "a bit flipped":
      signature.writeUInt8(signature.readUInt8(half >> 1) ^ 4, half >> 1);
      return signature;
    case "doubled":
      return Buffer.concat([signature, signature]);
    case "r and s exchanged":
      return Buffer.concat([signature.subarray(half), signature.subarray(0, half)]);
    case "s negated":
      return negateS(signature, signer.alg);
    default:
      return toDer(signature);
  }
}

const ORDERS: Readonly<Record<string, bigint>> = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

/**
 * The other valid signature of the same text, because ECDSA accepts both s and n − s. For other algorithms, the
 * signature.
 */
function negateS(signature: Buffer, alg: string): Buffer {
  const order = ORDERS[alg];
  if (order === undefined) {
    return signature;
  }
  const half = signature.length / 2;
  const s = BigInt(`0x${signature.subarray(half).toString("hex")}`);
  const negated = (order - s).toString(16).padStart(half * 2, "0");
  return Buffer.concat([signature.subarray(0, half), Buffer.from(negated, "hex")]);
}

/** An ECDSA signature in the form of X.509: a sequence of two integers. */
function toDer(signature: Buffer): Buffer {
  const half = signature.length / 2;
  const integers = [signature.subarray(0, half), signature.subarray(half)].map((part) =>
    Buffer.concat([Buffer.from([2, part.length + 1, 0]), part]),
  );
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.from([0x30, body.length & 0x7f]), body]);
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits.reduce((current, { at, remove, insert }) => {
    const place = at % (current.length + 1);
    return current.slice(0, place) + insert + current.slice(place + remove);
  }, text);
}

function bytesOf(text: Bytes): Buffer {
  return Buffer.from(text, "latin1");
}

/** The UTF-8 of a string. */
export function utf8Bytes(text: string): Bytes {
  return Buffer.from(text).toString("latin1");
}
