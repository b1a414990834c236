import { createPublicKey, X509Certificate } from "node:crypto";
import type { CompiledIssuer } from "../core/policy.ts";
import { type ImportedKeySet, importKeySet } from "./import-key-set.ts";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/**
 * Turns a PEM file into a key of one issuer: a public key in SPKI form (RFC 7468 section 13), in the older RSA form, or an X.509
 * certificate (section 5), whose key counts and nothing else.
 *
 * @throws Error that says why the file can not be used, without any of it.
 */
export function importPem(text: string, kid: string | undefined, issuer: CompiledIssuer): Promise<ImportedKeySet> {
  const labels = [...text.matchAll(BLOCK)].map(([, label]) => label);
  const [label] = labels;
  if (label?.includes("PRIVATE")) {
    throw new Error("the file holds a private key; keep it with the issuer, and put the public key here");
  }
  if (labels.length !== 1) {
    throw new Error(`the file must hold one public key or certificate in PEM, and holds ${labels.length}`);
  }
  const jwk = readPublicKey(text, label === "CERTIFICATE").export({ format: "jwk" });
  return importKeySet({ keys: [{ ...jwk, ...(kid === undefined ? {} : { kid }) }] }, issuer);
}

function readPublicKey(text: string, isCertificate: boolean): ReturnType<typeof createPublicKey> {
  try {
    return isCertificate ? new X509Certificate(text).publicKey : createPublicKey(text);
  } catch {
    throw new Error("the file is damaged, or its key is of an unknown type");
  }
}
