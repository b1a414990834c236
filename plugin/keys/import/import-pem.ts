import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { CompiledIssuer, NamedKey } from "../../core/model/policy.ts";
import { importKeySet } from "./import-key-set.ts";
import type { ImportedKeySet } from "./imported-key.ts";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/**
 * Turns a PEM file into a key of one issuer. The file contains an X.509 certificate (RFC 7468 section 5) or a public
 * key, as SPKI (section 13) or in the older RSA format. From a certificate, the function takes only the key and the
 * thumbprints. The thumbprints become names of the key.
 *
 * @throws Error that says why the file cannot be used. The message does not quote the file.
 */
export async function importPem(text: string, { kid, alg }: NamedKey, issuer: CompiledIssuer): Promise<ImportedKeySet> {
  const labels = [...text.matchAll(BLOCK)].map(([, label]) => String(label));
  const [label] = labels;
  const privateLabel = labels.find((name) => name.includes("PRIVATE"));
  if (privateLabel !== undefined) {
    return refuseLeaked(text, privateLabel, issuer);
  }
  if (labels.length !== 1) {
    throw new Error(`the file must have one public key or certificate in PEM, but it has ${labels.length}`);
  }
  const { publicKey, certificate } = readPublicKey(text, label === "CERTIFICATE");
  const x5c = certificate && { x5c: [certificate.raw.toString("base64")] };
  const named = {
    ...publicKey.export({ format: "jwk" }),
    ...x5c,
    ...(kid === undefined ? {} : { kid }),
    ...(alg === undefined ? {} : { alg }),
  };
  return importKeySet({ keys: [named] }, issuer);
}

/**
 * A private key in a file beside the policies is also in Git and on every gateway. So the key counts as leaked. Then
 * the plugin also rejects the public key that belongs to it, if the issuer publishes this public key in another source.
 */
async function refuseLeaked(text: string, label: string, issuer: CompiledIssuer): Promise<ImportedKeySet> {
  const [block] = new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`).exec(text) ?? [];
  const leaked = await importKeySet({ keys: [readPrivateKey(String(block))] }, issuer);
  const reason =
    "the file has a private key; replace this key at the issuer, keep the new private key there, and put only its public key here";
  return { ...leaked, leaked: [reason] };
}

function readPrivateKey(block: string): object {
  try {
    return createPrivateKey(block).export({ format: "jwk" });
  } catch {
    return { d: undefined }; // The private key is encrypted or of an unknown type, so its public key cannot be computed.
  }
}

function readPublicKey(
  text: string,
  isCertificate: boolean,
): { readonly publicKey: KeyObject; readonly certificate?: X509Certificate } {
  try {
    if (!isCertificate) {
      return { publicKey: createPublicKey(text) };
    }
    const certificate = new X509Certificate(text);
    return { publicKey: certificate.publicKey, certificate };
  } catch {
    throw new Error("the file is damaged, or its key is of an unknown type");
  }
}
