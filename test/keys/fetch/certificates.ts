import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

/** Paths of a self-signed certificate and of its key. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Why no certificates can be made on this machine; undefined if they can be made. */
export const missingOpenssl: string | undefined =
  spawnSync("openssl", ["version"]).status === 0 ? undefined : "no openssl in PATH to make certificates with";

/** @param names the names in the certificate, such as `DNS:localhost,IP:127.0.0.1`. */
export function makeCertificate(directory: string, name: string, names = "DNS:localhost"): CertificateFiles {
  const files = { certificate: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) };
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", ...kind, ...subject, "-keyout", files.key, "-out", files.certificate], {
    stdio: "pipe",
  });
  return files;
}
