import { createPublicKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createSelfSigned } from "./self-signed.ts";

test("a certificate without OpenSSL's program names the loopback address and vouches for itself", () => {
  const { certificate, key } = createSelfSigned();
  const read = new X509Certificate(certificate);
  expect(read.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(read.verify(createPublicKey(key))).toBe(true);
  expect(Date.parse(read.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(read.validTo)).toBeGreaterThan(Date.now());
});
