import type { JsonValue } from "../../core/json/json.ts";
import type { Scalar } from "../../core/model/policy.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { makeMatchingTexts } from "./match-pattern.ts";
import { nameSlot, type Slot, type WantedMembers, type Wish } from "./slot.ts";

/** The search tries at most this many values for one slot. */
const MAX_CANDIDATES = 512;

/** Slots that must have the same value, and all requirements for this value. */
interface Group {
  readonly slots: Slot[];
  readonly wishes: Wish[];
}

export interface ChosenValue {
  readonly slot: Slot;
  readonly value: JsonValue;
}

export interface UnmetSlot {
  readonly slot: Slot;
  /** Whether all possible values were tried. */
  readonly isCertain: boolean;
}

/**
 * Chooses a value for each slot, independently of the other slots. But some slots must have the same value.
 *
 * @param fits whether a value can be in the slot at all. For example, not every string can be a segment of a path.
 * @returns one value for each slot. If no value meets all wishes about a slot, the failure names this slot.
 */
export function chooseValues(
  wishes: readonly Wish[],
  fits: (slot: Slot, value: JsonValue) => boolean,
): Result<readonly ChosenValue[], UnmetSlot> {
  const chosen: ChosenValue[] = [];
  for (const { slots, wishes: ofGroup } of groupWishes(wishes)) {
    const value = listCandidates(ofGroup).find(
      (candidate) => slots.every((slot) => fits(slot, candidate)) && ofGroup.every((wish) => isMet(wish, candidate)),
    );
    const [first] = slots;
    if (value === undefined && first !== undefined) {
      const isCertain = ofGroup.some(({ oneOf }) => oneOf !== undefined);
      return fail({ slot: slots.find((slot) => slot.in === "claim") ?? first, isCertain });
    }
    chosen.push(...slots.flatMap((slot) => (value === undefined ? [] : [{ slot, value }])));
  }
  return succeed(chosen);
}

function groupWishes(wishes: readonly Wish[]): readonly Group[] {
  const bySlot = new Map<string, Group>();
  const groupOf = (slot: Slot): Group => {
    const name = nameSlot(slot);
    const group = bySlot.get(name) ?? { slots: [slot], wishes: [] };
    bySlot.set(name, group);
    return group;
  };
  for (const wish of wishes) {
    const group = groupOf(wish.slot);
    group.wishes.push(wish);
    const other = wish.sameAs && groupOf(wish.sameAs);
    if (other && other !== group) {
      group.wishes.push(...other.wishes);
      group.slots.push(...other.slots);
      for (const slot of other.slots) {
        bySlot.set(nameSlot(slot), group);
      }
    }
  }
  return [...new Set(bySlot.values())];
}

function isInPath({ slot }: Wish): boolean {
  return slot.in === "segment";
}

function isMet({ oneOf, accepts }: Wish, value: JsonValue): boolean {
  return (oneOf === undefined || oneOf.includes(value)) && (accepts === undefined || accepts(value));
}

function listCandidates(wishes: readonly Wish[]): readonly JsonValue[] {
  const exact = wishes.flatMap(({ oneOf }) => (oneOf === undefined ? [] : [oneOf]));
  if (exact.length > 0) {
    return exact.reduce((shortest, values) => (values.length < shortest.length ? values : shortest));
  }
  const members = wishes.flatMap((wish) => wish.members ?? []);
  const patterns = wishes.flatMap(({ pattern }) => pattern ?? []);
  const bounds = wishes.flatMap(({ bound }) => bound ?? []);
  return [
    ...(members.length === 0 ? [] : listMemberForms(members)),
    ...patterns.flatMap(makeMatchingTexts),
    ...bounds.flatMap((bound) => [bound, Math.ceil(bound), Math.floor(bound)]),
    // The suggestions for a path come first, because a path has fewer possible values than a claim.
    ...[...wishes.filter(isInPath), ...wishes].flatMap(({ suggestions = [] }) => suggestions),
  ].slice(0, MAX_CANDIDATES);
}

/**
 * Returns values for a claim that must contain the wanted members. A value is a list of the members. If the claim may
 * be a string, the function also returns strings. For each choice of members from `anyOf`, it returns separate values.
 */
function listMemberForms(wanted: readonly WantedMembers[]): readonly JsonValue[] {
  const fixed = wanted.flatMap(({ all }) => all);
  const choices = combine(wanted.flatMap(({ anyOf }) => anyOf));
  const forms = new Set(wanted.map(({ form }) => form));
  const separator = wanted.find((members) => members.separator !== undefined)?.separator;
  if (separator !== undefined) {
    return choices.map((choice) => [...new Set([...fixed, ...choice])].join(separator));
  }
  return choices.flatMap((choice): JsonValue[] => {
    const list = [...new Set([...fixed, ...choice])];
    const isText = !forms.has("list") && list.every((member) => typeof member === "string");
    const texts = !isText ? [] : forms.has("scopes") ? [list.join(" ")] : list;
    return forms.has("names") ? [list, ...texts] : [...texts, list];
  });
}

/**
 * Returns the ways to take one value from each list. If there are more than {@link MAX_CANDIDATES} ways, the function
 * drops the last ones.
 */
function combine(lists: readonly (readonly Scalar[])[]): readonly (readonly Scalar[])[] {
  let combined: (readonly Scalar[])[] = [[]];
  for (const list of lists) {
    combined = combined.flatMap((taken) => list.map((value) => [...taken, value])).slice(0, MAX_CANDIDATES);
  }
  return combined;
}
