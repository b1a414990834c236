import type { Binding } from "../../../plugin/core/model/request.ts";
import type { Random } from "../../../test/random.ts";
import { SEEDS } from "../seeds/seed-tokens.ts";
import {
  CLAIMS_VOCABULARY,
  CONNECTIONS,
  HEADER_VOCABULARY,
  METHODS,
  PATH_PIECES,
  SCHEMES,
  TARGETS,
  TOKEN_PIECES,
} from "../seeds/vocabulary.ts";
import { type Edit, SIGNATURES, type TokenInput } from "../token-input.ts";
import { mutateJson } from "./mutate-json.ts";
import { mutateText } from "./mutate-text.ts";

type TokenMutator = (input: TokenInput, random: Random, others: readonly TokenInput[]) => Partial<TokenInput>;

// A signature with RSA takes a hundred times as long as with elliptic curves. So only few mutations choose an RSA key.
const KEYS = [
  ...["es256", "stranger-es256", "lone", "es384", "es512", "eddsa", "ed25519", "hs256", "tenant", "rs256"],
  ...["stranger-rs256", "ps512"],
];
const LATER = [0, 0, 0.5, -0.5, 29, 30, 290, 300, 329.999, 330, 331, 600, 3600, -10, -10.001, -300];
const MAX_EDITS = 4;
/** Longer inputs only take more time. No policy in this folder allows a token larger than 16 kB. */
const MAX_BYTES = 14_000;

const MUTATORS: readonly TokenMutator[] = [
  ({ payload }, random) => ({ payload: mutateJson(payload, random, CLAIMS_VOCABULARY) }),
  ({ payload }, random) => ({ payload: mutateJson(payload, random, CLAIMS_VOCABULARY) }),
  ({ payload }, random) => ({ payload: mutateText(payload, random, CLAIMS_VOCABULARY.anyValues) }),
  ({ header }, random) => ({ header: mutateJson(header, random, HEADER_VOCABULARY) }),
  ({ header }, random) => ({ header: mutateText(header, random, HEADER_VOCABULARY.anyValues) }),
  (_input, random) => ({ key: random.pick(KEYS) }),
  (_input, random) => ({ signature: random.pick(SIGNATURES) }),
  ({ edits }, random) => ({ edits: [...edits, anyEdit(random)].slice(-MAX_EDITS) }),
  ({ edits }, random) => ({ edits: edits.slice(random.below(edits.length + 1)) }),
  (_input, random) => ({ scheme: random.oneIn(8) ? undefined : random.pick(SCHEMES) }),
  (_input, random) => ({ connection: random.pick([undefined, ...CONNECTIONS]) }),
  (input, random) => mutateRequestLine(input, random),
  ({ world }, random) => ({ binding: anyBinding(world, random) }),
  (_input, random) => ({ later: random.pick(LATER) }),
  ({ world }, random) => ({ world: random.oneIn(4) ? random.pick(SEEDS).world : world }),
  (_input, random, others) => {
    const { payload, key } = random.pick(others);
    return random.oneIn(2) ? { payload } : { payload, key };
  },
  (_input, random, others) => ({ header: random.pick(others).header }),
];

/** Returns the input with one to four changes. @param others inputs from which the function takes parts. */
export function mutateToken(input: TokenInput, random: Random, others: readonly TokenInput[]): TokenInput {
  let mutated = input;
  for (let changes = random.pick([1, 1, 2, 4]); changes > 0; changes -= 1) {
    mutated = { ...mutated, ...random.pick(MUTATORS)(mutated, random, others) };
  }
  const isSmall = mutated.header.length + mutated.payload.length < MAX_BYTES;
  return isSmall ? mutated : { ...mutated, header: input.header, payload: input.payload };
}

function anyEdit(random: Random): Edit {
  return {
    at: random.below(3000),
    remove: random.pick([0, 0, 1, 1, 2, 30, 3000]),
    insert: random.oneIn(3) ? "" : random.pick(TOKEN_PIECES),
  };
}

function mutateRequestLine({ requestLine }: TokenInput, random: Random): Partial<TokenInput> {
  if (random.oneIn(10)) {
    return { requestLine: undefined };
  }
  const { method, target } = requestLine ?? { method: "GET", target: "/" };
  switch (random.below(3)) {
    case 0:
      return { requestLine: { method: random.pick(METHODS), target } };
    case 1:
      return { requestLine: { method, target: random.pick(TARGETS) } };
    default:
      return { requestLine: { method, target: mutateText(target, random, PATH_PIECES) } };
  }
}

function anyBinding(world: string, random: Random): Binding {
  const rule = random.pick([
    ...SEEDS.filter((seed) => seed.world === world).map((seed) => seed.rule),
    "none",
    "__proto__",
  ]);
  switch (random.below(4)) {
    case 0:
      return { by: "route", name: rule, tags: ["a", "jwt-policy-rule:open"] };
    case 1:
      return { by: "route", name: random.pick([undefined, "none"]), tags: [`jwt-policy-rule:${rule}`] };
    default:
      return { by: "rule", rule };
  }
}
