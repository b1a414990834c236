/** A power of two, and twice the number of entries, so that runs of occupied slots stay short. */
const SLOTS = 4_096;
const ENTRIES = SLOTS / 2;
const SLOT_BITS = 12;
const INT_BITS = 32;
const MAX_GENERATION = 2 ** INT_BITS - 1;

/**
 * Finds duplicate member names in the objects of one JSON text, without creating strings. A token may have hundreds of names and still
 * be rejected, and a set of these names would cost more than all other work.
 *
 * One table is reused for all texts, one after another.
 */
export class NameTable {
  /** Secret from clients, so that they cannot choose names that all have the same hash. */
  readonly #multiplier: number;
  readonly #slots = new Int32Array(SLOTS);
  /** A slot is occupied if its generation is the current one. So the table need not be cleared for each text. */
  readonly #generations = new Uint32Array(SLOTS);
  readonly #hashes = new Int32Array(ENTRIES);
  readonly #objects = new Int32Array(ENTRIES);
  readonly #starts = new Int32Array(ENTRIES);
  readonly #ends = new Int32Array(ENTRIES);
  /** Decoded forms of the names that have escapes in the text. */
  #decoded = new Map<number, string>();
  #text = "";
  #generation: number;
  #count = 0;

  /**
   * @param seed any 32 bits.
   * @param generation how many texts came before.
   */
  constructor(seed: number, generation = 0) {
    this.#multiplier = seed | 1;
    this.#generation = generation;
  }

  /** Forgets all names and starts with another text. */
  begin(text: string): void {
    this.#text = text;
    this.#count = 0;
    this.#decoded.clear();
    if (this.#generation === MAX_GENERATION) {
      this.#generations.fill(0);
      this.#generation = 0;
    }
    this.#generation += 1;
  }

  /**
   * Adds the name from `start` to `end` in the text. False when the object has this name already, or when the table is full.
   *
   * @param object the object's number, unique in the text.
   * @param decoded the decoded name, if it has escapes.
   */
  add(object: number, start: number, end: number, decoded: string | undefined): boolean {
    const hash = decoded === undefined ? this.#hash(this.#text, start, end) : this.#hash(decoded, 0, decoded.length);
    let slot = Math.imul(hash, this.#multiplier) >>> (INT_BITS - SLOT_BITS);
    for (; this.#generations[slot] === this.#generation; slot = (slot + 1) % SLOTS) {
      const entry = this.#slots[slot] ?? 0;
      if (
        this.#hashes[entry] === hash &&
        this.#objects[entry] === object &&
        this.#isNamed(entry, start, end, decoded)
      ) {
        return false;
      }
    }
    const entry = this.#count;
    if (entry === ENTRIES) {
      return false;
    }
    this.#count += 1;
    this.#generations[slot] = this.#generation;
    this.#slots[slot] = entry;
    this.#hashes[entry] = hash;
    this.#objects[entry] = object;
    this.#starts[entry] = start;
    this.#ends[entry] = end;
    if (decoded !== undefined) {
      this.#decoded.set(entry, decoded);
    }
    return true;
  }

  #isNamed(entry: number, start: number, end: number, decoded: string | undefined): boolean {
    const known = this.#decoded.get(entry) ?? this.#text.slice(this.#starts[entry], this.#ends[entry]);
    return known === (decoded ?? this.#text.slice(start, end));
  }

  #hash(text: string, start: number, end: number): number {
    let hash = this.#multiplier;
    for (let index = start; index < end; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), this.#multiplier);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}
