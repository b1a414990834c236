/** The number of slots: a power of two, and twice the number of entries, so that runs of occupied slots stay short. */
const SLOTS = 4_096;
const ENTRIES = SLOTS / 2;
const SLOT_BITS = 12;
const INT_BITS = 32;
/** A slot can hold every whole number below this one. */
const NUMBERS = 2 ** INT_BITS;
/** The multiples of this odd number have few bits in common. The number is 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;

/**
 * Finds duplicate member names in the objects of one JSON text, without creating strings. A rejected token may have hundreds of names,
 * and a Set of their strings would cost more than all other work.
 *
 * One table is reused for all texts, one after another.
 */
export class NameTable {
  /** The hash of an empty text. */
  readonly seed: number;
  /**
   * For each slot, the number of its name. The numbering continues from one text to the next. If a slot has the number
   * of a name in an earlier text, the slot counts as free. So the table need not be cleared for a new text.
   */
  readonly #slots = new Uint32Array(SLOTS);
  readonly #hashes = new Int32Array(ENTRIES);
  readonly #objects = new Int32Array(ENTRIES);
  readonly #starts = new Int32Array(ENTRIES);
  readonly #ends = new Int32Array(ENTRIES);
  #text = "";
  /** The number of the text's first name. Zero marks a slot that was never used. */
  #first = 1;
  #next: number;

  /**
   * @param seed 32 bits that no client knows. So clients cannot choose names that all have the same hash.
   * @param next the number of the next name.
   */
  constructor(seed: number, next = 1) {
    this.seed = seed | 1;
    this.#next = next;
  }

  hash(name: string): number {
    let hash = this.seed;
    for (let index = 0; index < name.length; index += 1) {
      hash = this.mix(hash, name.charCodeAt(index));
    }
    return hash;
  }

  /** From the hash of a text, returns the hash of the same text with one more character. */
  mix(hash: number, code: number): number {
    const mixed = Math.imul(hash ^ code, this.seed);
    return mixed ^ (mixed >>> 15);
  }

  /** Forgets all names and starts with another text. */
  begin(text: string): void {
    this.#text = text;
    if (this.#next > NUMBERS - ENTRIES) {
      this.#slots.fill(0);
      this.#next = 1;
    }
    this.#first = this.#next;
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
    const first = this.#first;
    // The slot depends on the object, because hundreds of objects may have a member of the same name.
    let slot = Math.imul(hash + Math.imul(object, SPREAD), this.seed) >>> (INT_BITS - SLOT_BITS);
    for (let number = this.#slots[slot] ?? 0; number >= first; number = this.#slots[slot] ?? 0) {
      if (this.#isSame(number - first, object, hash, start, end)) {
        return false;
      }
      slot = (slot + 1) % SLOTS;
    }
    const entry = this.#next - first;
    if (entry === ENTRIES) {
      return false;
    }
    this.#slots[slot] = this.#next;
    this.#next += 1;
    this.#hashes[entry] = hash;
    this.#objects[entry] = object;
    this.#starts[entry] = start;
    this.#ends[entry] = end;
    return true;
  }

  #isSame(entry: number, object: number, hash: number, start: number, end: number): boolean {
    return (
      this.#hashes[entry] === hash &&
      this.#objects[entry] === object &&
      this.read(this.#starts[entry] ?? 0, this.#ends[entry] ?? 0) === this.read(start, end)
    );
  }
}
