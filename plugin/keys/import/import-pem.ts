import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import type { CompiledIssuer, NamedKey } from "../../core/model/policy.ts";
import { importKeySet } from "./import-key-set.ts";
import type { ImportedKeySet } from "./imported-key.ts";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/**
 * Turns a PEM file into a key of one issuer. The file contains a public key in SPKI form (RFC 7468 section 13), a public key in
 * the older RSA form, or an X.509 certificate (section 5). Of a certificate, only the key is used.
 *
 * @throws Error that says why the file cannot be used. It does not quote the file.
 */
export async function importPem(text: string, { kid, alg }: NamedKey, issuer: CompiledIssuer): Promise<ImportedKeySet> {
  const labels = [...text.matchAll(BLOCK)].map(([, label]) => label);
  const [label] = labels;
  const privateLabel = labels.find((name) => name?.includes("PRIVATE"));
  if (privateLabel !== undefined) {
    return refuseLeaked(text, privateLabel, issuer);
  }
  if (labels.length !== 1) {
    throw new Error(`the file must hold one public key or certificate in PEM, and holds ${labels.length}`);
  }
  const jwk = readPublicKey(text, label === "CERTIFICATE").export({ format: "jwk" });
  const named = { ...jwk, ...(kid === undefined ? {} : { kid }), ...(alg === undefined ? {} : { alg }) };
  return importKeySet({ keys: [named] }, issuer);
}

/**
 * A private key beside the policies is in Git and on every gateway, so it counts as leaked. This issuer may use its public part
 * as a key elsewhere.
 */
async function refuseLeaked(text: string, label: string, issuer: CompiledIssuer): Promise<ImportedKeySet> {
  const [block = ""] = new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`).exec(text) ?? [];
  const leaked = await importKeySet({ keys: [readPrivateKey(block)] }, issuer);
  const reason = "the file holds a private key; keep it with the issuer, replace it there, and put the public key here";
  return { ...leaked, leaked: [reason] };
}

function readPrivateKey(block: string): object {
  try {
    return createPrivateKey(block).export({ format: "jwk" });
  } catch {
    return { d: "" }; // The key is encrypted or of an unknown type, so its public key is unknown.
  }
}

function readPublicKey(text: string, isCertificate: boolean): ReturnType<typeof createPublicKey> {
  try {
    return isCertificate ? new X509Certificate(text).publicKey : createPublicKey(text);
  } catch {
    throw new Error("the file is damaged, or its key is of an unknown type");
  }
}
