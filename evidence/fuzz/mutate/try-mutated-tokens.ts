import { createHash } from "node:crypto";
import { decide } from "../../../plugin/core/decide.ts";
import { type Decision, isAllow } from "../../../plugin/core/model/decision.ts";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { NOW, requestOf } from "../../../test/core/fixtures.ts";
import { createRandom, type Random } from "../../../test/random.ts";
import { judgeSlowly } from "../oracle/oracle.ts";
import { plantSeed, SEEDS } from "../seeds/seed-tokens.ts";
import { CLAIMS_VOCABULARY, HEADER_VOCABULARY } from "../seeds/vocabulary.ts";
import { createWorlds, type World, type Worlds } from "../seeds/worlds.ts";
import { renderRequest, SIGNATURES, type SignedTexts, type TokenInput } from "../token-input.ts";
import { BREAKERS } from "./break-token.ts";
import { mutateJson } from "./mutate-json.ts";

/** The results for the tokens of one kind of change. */
interface Row {
  readonly name: string;
  tokens: number;
  readonly reasons: Map<string, number>;
  /** Allowed: the signed text is the honest one, and the signature is valid. */
  same: number;
  /** Allowed: the right key signed the token again, and the oracle finds no mistake in the token's content. */
  right: number;
}

interface Tally {
  readonly rows: readonly Row[];
  readonly unexpected: readonly { readonly name: string; readonly why: string; readonly token: string }[];
  /** How many of the tokens differ from each other. */
  readonly distinct: number;
}

/** One changed token that the plugin has not judged yet. */
interface Attempt {
  readonly world: World;
  /** The honest token before the change. */
  readonly origin: string;
  readonly facts: RequestFacts;
  readonly signed: SignedTexts;
  readonly isAnew: boolean;
}

/** Changes after which a key signs the token again. The signature is then valid, and only the content can be wrong. */
const RESIGNERS: Readonly<Record<string, (seed: TokenInput, random: Random) => TokenInput>> = {
  "claims are changed, and the right key signs the token again": (seed, random) => ({
    ...seed,
    payload: mutateJson(seed.payload, random, CLAIMS_VOCABULARY),
  }),
  "the header is changed, and the right key signs the token again": (seed, random) => ({
    ...seed,
    header: mutateJson(seed.header, random, HEADER_VOCABULARY),
  }),
  "an unknown key signs the token": (seed, random) => ({
    ...seed,
    key: random.oneIn(8) ? "stranger-rs256" : "stranger-es256",
  }),
  "the right key's signature is damaged, or is in a different format": (seed, random) => ({
    ...seed,
    signature: random.pick(SIGNATURES.slice(1)),
  }),
};

/** Honest tokens are used for this many changes. Then new tokens are made. */
const CHANGES_OF_ONE_MINT = 1_000;

/**
 * Takes tokens of each algorithm and policy, and makes every kind of change in turn. The pipeline and the oracle then judge the
 * changed tokens.
 */
export async function tryMutatedTokens(count: number, seed: number): Promise<Tally> {
  const random = createRandom(seed);
  const worlds = createWorlds();
  const names = [...Object.keys(BREAKERS), ...Object.keys(RESIGNERS)];
  const rows = names.map((name): Row => ({ name, tokens: 0, reasons: new Map(), same: 0, right: 0 }));
  const unexpected: Tally["unexpected"][number][] = [];
  const distinct = new Set<number>();
  let mint: Mint | undefined;

  for (let done = 0; done < count; done += 1) {
    mint = mint === undefined || done % CHANGES_OF_ONE_MINT === 0 ? mintHonest(worlds, done) : mint;
    const row = rows[done % rows.length] as Row;
    const { facts, signed, world, origin, isAnew } = changeToken(row.name, mint, worlds, random);
    const decision = await decide(facts, world.policy, world.keys, () => NOW);
    const isSame = signedText(tokenOf(facts)) === signedText(origin);
    // If a token was changed and not signed again, it cannot be valid. The slow oracle need not judge such a token.
    const mayBeWanted = isAnew || isSame || isAllow(decision);
    const isWanted = mayBeWanted && judgeSlowly(world, facts, worlds.signers, signed, 0) !== undefined;
    const why = findFault(isAllow(decision), isWanted, isSame || isAnew);
    if (why !== undefined) {
      unexpected.push({ name: row.name, why, token: tokenOf(facts) });
    }
    distinct.add(createHash("sha1").update(tokenOf(facts)).digest().readUIntBE(0, 6));
    addTo(row, decision, isSame);
  }
  return { rows, unexpected, distinct: distinct.size };
}

interface Mint {
  readonly honest: readonly { readonly input: TokenInput; readonly token: string }[];
  readonly signed: SignedTexts;
}

/** One token for each seed in which the token decides the result. So there are no public rules and no operations. */
function mintHonest({ signers }: Worlds, serial: number): Mint {
  const signed: SignedTexts = new Map();
  const seeds = SEEDS.filter(({ rule }) => rule !== "open" && rule !== "paths");
  const honest = seeds.map((seed, index) => {
    const input = plantSeed({ ...seed, claims: { ...seed.claims, jti: `${serial}.${index}` } });
    return { input, token: tokenOf(renderRequest(input, signers, signed)) };
  });
  return { honest, signed };
}

/** @param name the name of a way to change a token. */
function changeToken(name: string, { honest, signed }: Mint, { worlds, signers }: Worlds, random: Random): Attempt {
  const recipe = RESIGNERS[name];
  // RSA takes a millisecond to sign.
  const cheap = honest.filter(({ input }) => !/^[rp]s/.test(input.key));
  const { input, token } = random.pick(recipe && !random.oneIn(50) ? cheap : honest);
  const attempt = { world: worlds.find((one) => one.name === input.world) as World, origin: token };
  if (recipe) {
    const fresh: SignedTexts = new Map();
    return { ...attempt, facts: renderRequest(recipe(input, random), signers, fresh), signed: fresh, isAnew: true };
  }
  const donors = honest.map((one) => one.token);
  const facts = requestOf(BREAKERS[name]?.(token, random, donors), { binding: input.binding });
  return { ...attempt, facts, signed, isAnew: false };
}

/** @param isSigned whether a key signed exactly this text. Either the token is unchanged, or it was signed again. */
function findFault(isAllowed: boolean, isWanted: boolean, isSigned: boolean): string | undefined {
  if (isAllowed !== isWanted) {
    return isWanted ? "refused a request that the oracle allows" : "allowed a request that the oracle refuses";
  }
  return isAllowed && !isSigned ? "allowed what nobody signed" : undefined;
}

function addTo(row: Row, decision: Decision, isSame: boolean): void {
  row.tokens += 1;
  if (decision.verdict === "deny") {
    const { reason } = decision.denial;
    row.reasons.set(reason, (row.reasons.get(reason) ?? 0) + 1);
  } else if (isSame) {
    row.same += 1;
  } else {
    row.right += 1;
  }
}

// Additional blanks before the token do not make it another token (RFC 6750 section 2.1).
const tokenOf = ({ authorization }: RequestFacts): string => (authorization ?? "").replace(/^Bearer +/, "");
const signedText = (token: string): string => token.split(".").slice(0, 2).join(".");
