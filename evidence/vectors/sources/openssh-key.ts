/** Reads a public key line of OpenSSH as a JWK (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4). */
export function jwkOfOpenSsh(line: string): Readonly<Record<string, unknown>> {
  const [type, body = ""] = line.split(" ");
  const fields = readFields(Buffer.from(body, "base64"));
  const last = fields.at(-1) ?? Buffer.alloc(0);
  switch (type) {
    case "ssh-ed25519":
      return { kty: "OKP", crv: "Ed25519", x: last.toString("base64url") };
    case "ecdsa-sha2-nistp256": // The uncompressed point: 04, x, y.
      return {
        kty: "EC",
        crv: "P-256",
        x: last.subarray(1, 33).toString("base64url"),
        y: last.subarray(33).toString("base64url"),
      };
    default:
      throw new Error(`no JWK is made of ${type}`);
  }
}

/** Each field comes after its length, which has four bytes. */
function readFields(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
