/** The number of slots: a power of two, and twice the number of entries, so that runs of occupied slots stay short. */
const SLOTS = 4_096;
const ENTRIES = SLOTS / 2;
const SLOT_BITS = 12;
const INT_BITS = 32;
const MAX_GENERATION = 2 ** INT_BITS - 1;

/**
 * Finds duplicate member names in the objects of one JSON text, without creating strings. A rejected token may have hundreds of names,
 * and a Set of their strings would cost more than all other work.
 *
 * One table is reused for all texts, one after another.
 */
export class NameTable {
  /** The hash of an empty text. */
  readonly seed: number;
  readonly #slots = new Int32Array(SLOTS);
  /**
   * This array has the number of a generation for each slot. A slot is occupied only if this number is the current
   * generation. So a new text needs only a new generation, and the table is not cleared.
   */
  readonly #generations = new Uint32Array(SLOTS);
  readonly #hashes = new Int32Array(ENTRIES);
  readonly #objects = new Int32Array(ENTRIES);
  readonly #starts = new Int32Array(ENTRIES);
  readonly #ends = new Int32Array(ENTRIES);
  #text = "";
  #generation: number;
  #count = 0;

  /**
   * @param seed 32 bits that no client knows. So clients cannot choose names that all have the same hash.
   * @param generation the number of texts that the table has read.
   */
  constructor(seed: number, generation = 0) {
    this.seed = seed | 1;
    this.#generation = generation;
  }

  hash(name: string): number {
    let hash = this.seed;
    for (let index = 0; index < name.length; index += 1) {
      hash = this.mix(hash, name.charCodeAt(index));
    }
    return hash;
  }

  /** Returns the hash of a text with one more character. */
  mix(hash: number, code: number): number {
    const mixed = Math.imul(hash ^ code, this.seed);
    return mixed ^ (mixed >>> 15);
  }

  /** Forgets all names and starts with another text. */
  begin(text: string): void {
    this.#text = text;
    this.#count = 0;
    if (this.#generation === MAX_GENERATION) {
      this.#generations.fill(0);
      this.#generation = 0;
    }
    this.#generation += 1;
  }

  /**
   * The text from `start` to `end`, decoded if it has escapes. The range must be the content of a JSON string that has
   * already passed the check.
   */
  read(start: number, end: number): string {
    const text = this.#text.slice(start, end);
    return text.includes("\\") ? JSON.parse(`"${text}"`) : text;
  }

  /**
   * Adds the name from `start` to `end` in the text. Returns false if the object has this name already, or if the table
   * is full.
   *
   * @param object the object's number, unique in the text.
   * @param hash the hash of the decoded name.
   */
  add(object: number, hash: number, start: number, end: number): boolean {
    let slot = Math.imul(hash, this.seed) >>> (INT_BITS - SLOT_BITS);
    for (; this.#generations[slot] === this.#generation; slot = (slot + 1) % SLOTS) {
      const entry = this.#slots[slot] ?? 0;
      if (
        this.#hashes[entry] === hash &&
        this.#objects[entry] === object &&
        this.read(this.#starts[entry] ?? 0, this.#ends[entry] ?? 0) === this.read(start, end)
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
    return true;
  }
}
