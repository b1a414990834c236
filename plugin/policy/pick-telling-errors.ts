import type { ErrorObject } from "ajv";

/** Beyond this many nobody reads on, and sorting them out would take long. */
const MAX_ERRORS = 500;

/**
 * Leaves out errors that only repeat or follow from others, so that one mistake gives one message: `propertyNames` beside its cause,
 * and checks of a value whose type is wrong already.
 */
export function pickTellingErrors(all: readonly ErrorObject[]): readonly ErrorObject[] {
  const errors = dropRepeated(all.slice(0, MAX_ERRORS));
  const mistyped = new Set(errors.filter(({ keyword }) => keyword === "type").map(({ instancePath }) => instancePath));
  return errors.filter(
    ({ keyword, instancePath }) => keyword !== "propertyNames" && (keyword === "type" || !mistyped.has(instancePath)),
  );
}

/** A type that is written beside a reference, for Ajv's sake, is checked twice. */
function dropRepeated(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const byText = new Map(
    errors.map((error) => [
      JSON.stringify([error.instancePath, error.propertyName, error.keyword, error.params]),
      error,
    ]),
  );
  return [...byText.values()];
}
