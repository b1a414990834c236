/** A power of two, and twice the entries: runs of occupied slots stay short. */
const SLOTS = 4_096;
const ENTRIES = SLOTS / 2;
const SLOT_BITS = 12;
const INT_BITS = 32;
const MAX_GENERATION = 2 ** INT_BITS - 1;

/**
 * The member names of all objects of one JSON text, to find two that are equal in one object. It makes no strings. The plugin looks at
 * hundreds of names in a token that it then rejects, and a set of them would cost more than all the rest.
 *
 * One table serves all texts, one after the other.
 */
export class NameTable {
  /** Clients do not know it, so that they cannot make names that all have one hash. */
  readonly #multiplier: number;
  readonly #slots = new Int32Array(SLOTS);
  /** A slot is occupied where this is the current generation: that spares clearing the table for each text. */
  readonly #generations = new Uint32Array(SLOTS);
  readonly #hashes = new Int32Array(ENTRIES);
  readonly #objects = new Int32Array(ENTRIES);
  readonly #starts = new Int32Array(ENTRIES);
  readonly #ends = new Int32Array(ENTRIES);
  /** Names with escapes, which the text has in another form. */
  #decoded = new Map<number, string>();
  #text = "";
  #generation = 0;
  #count = 0;

  /** @param seed any 32 bits. */
  constructor(seed: number) {
    this.#multiplier = seed | 1;
  }

  /** Forgets all names, and goes on with those of another text. */
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
   * Adds the name that the text has from `start` to `end`.
   *
   * @param object a number that no other object of the text has.
   * @param decoded the name where it has escapes.
   * @returns false when the object has this name already, or when the table is full.
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
