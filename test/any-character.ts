import fc from "fast-check";

/**
 * Any character of Unicode, often an ASCII one. fast-check's own `unit: "binary"` lists all characters first. This
 * takes seconds in each test file.
 */
export const anyCharacter = fc
  .oneof(
    fc.integer({ max: 0x7f, min: 0 }),
    fc.integer({ max: 0xd7ff, min: 0 }),
    fc.integer({ max: 0x10ffff, min: 0xe000 }),
  )
  .map((code) => String.fromCodePoint(code));
