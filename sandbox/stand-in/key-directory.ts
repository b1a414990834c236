/**
 * The private keys that the sandbox and `mint` use instead of the keys of issuers. Each user has separate keys, one for
 * each algorithm. A key is made when it is needed for the first time. The keys are in a directory that only this user
 * can read.
 */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { linkSync, lstatSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { SECRET_ALGORITHMS } from "../../plugin/keys/rules/jwk.ts";
import { STAND_IN_PREFIX } from "../../plugin/keys/rules/stand-in.ts";
import { rereadKey } from "./reread-key.ts";

export interface StandInKey {
  readonly kid: string;
  readonly algorithm: string;
  /** The key that signs tokens. For an HMAC algorithm, this key is the secret. */
  readonly signingKey: KeyObject;
  /** The key that verifies tokens. For an HMAC algorithm, this key is the secret. */
  readonly verifyingKey: KeyObject;
}

const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
const RSA_BITS = 2048;
const OTHERS = 0o077;
const makePair = promisify(generateKeyPair);
const makeSecret = promisify(generateKey);

/** The user's own directory for these keys. The directory is outside the project, so that nobody commits the keys by mistake. */
export function defaultKeyDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: cache = "" } = environment;
  return join(isAbsolute(cache) ? cache : join(homedir(), ".cache"), "kong-jwt-policy", "stand-in-keys");
}

/**
 * Returns the key for the algorithm. If there is no key for this algorithm yet, the function makes one. If two
 * processes make the key at the same time, both get the same key.
 *
 * @throws Error if the key cannot be kept secret or cannot be read.
 */
export async function takeKey(directory: string, algorithm: string): Promise<StandInKey> {
  const known = readKey(directory, algorithm);
  if (known !== undefined) {
    return known;
  }
  const kid = `${STAND_IN_PREFIX}${algorithm}-${randomBytes(6).toString("hex")}`;
  const key = await generate(algorithm);
  const text = JSON.stringify({ ...key.export({ format: "jwk" }), kid, alg: algorithm });
  writeOnce(directory, algorithm, `${text}\n`);
  const written = readKey(directory, algorithm);
  if (written === undefined) {
    throw new Error(`${fileOf(directory, algorithm)} disappeared while it was written: run the command again`);
  }
  return written;
}

/**
 * @returns the key; undefined if there is no key for this algorithm.
 * @throws Error if other users can read the key or its directory, or if the file is damaged.
 */
export function readKey(directory: string, algorithm: string): StandInKey | undefined {
  const file = fileOf(directory, algorithm);
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) {
    return undefined;
  }
  checkPrivate(directory, "700");
  checkPrivate(file, "600");
  try {
    const jwk = JSON.parse(readFileSync(file, "utf8"));
    const { kid, alg } = jwk;
    const isOurs = typeof kid === "string" && kid.startsWith(STAND_IN_PREFIX) && alg === algorithm;
    if (!isOurs) {
      throw new Error("it is another key");
    }
    const isSecret = SECRET_ALGORITHMS.includes(algorithm);
    const signingKey = isSecret
      ? createSecretKey(Buffer.from(String(jwk.k), "base64url"))
      : createPrivateKey({ key: jwk, format: "jwk" });
    return { kid, algorithm, signingKey, verifyingKey: isSecret ? signingKey : createPublicKey(signingKey) };
  } catch (error) {
    throw new Error(
      `${file} is not a key of the sandbox (${error instanceof Error ? error.message : "unreadable"}): delete the file, and the sandbox makes a new key`,
    );
  }
}

function fileOf(directory: string, algorithm: string): string {
  return join(directory, `${algorithm}.json`);
}

/** Writes a file only if it does not exist yet. */
function writeOnce(directory: string, algorithm: string, text: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  checkPrivate(directory, "700");
  const draft = join(directory, `.${algorithm}-${randomBytes(6).toString("hex")}`);
  writeFileSync(draft, text, { flag: "wx", mode: 0o600 });
  try {
    linkSync(draft, fileOf(directory, algorithm));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw error;
    }
  } finally {
    unlinkSync(draft);
  }
}

/**
 * Refuses a file or directory that other users can use, that belongs to another user, or that is a link. A user who can
 * read these keys can make tokens for this user's sandbox. A user who can write to the directory can replace the keys.
 */
function checkPrivate(path: string, mode: string): void {
  const { uid, mode: actual } = lstatSync(path);
  const isLink = lstatSync(path).isSymbolicLink();
  if (process.platform === "win32") {
    return;
  }
  if (isLink || uid !== process.getuid?.()) {
    throw new Error(
      `${path} must belong to you and must not be a link: delete it, or name another directory with --keys`,
    );
  }
  if ((actual & OTHERS) !== 0) {
    throw new Error(`other users can use ${path}: run chmod ${mode} ${path}`);
  }
}

async function generate(algorithm: string): Promise<KeyObject> {
  const namedCurve = CURVES[algorithm];
  if (namedCurve !== undefined) {
    return rereadKey((await makePair("ec", { namedCurve })).privateKey);
  }
  switch (algorithm.slice(0, 2)) {
    case "Ed":
      return rereadKey((await makePair("ed25519")).privateKey);
    case "RS":
    case "PS":
      return rereadKey((await makePair("rsa", { modulusLength: RSA_BITS })).privateKey);
    default:
      return makeSecret("hmac", { length: Number(algorithm.slice(2)) });
  }
}
