import type { ErrorObject } from "ajv";

/** More errors than this limit would not help the author, and filtering them would take long. */
const MAX_ERRORS = 500;

/**
 * Omits errors that repeat another error or are only consequences of another error. So one mistake gives one message.
 * For example, an error of `propertyNames` only repeats the error that caused it. If a value has a wrong type, errors
 * of other checks of the same value are only consequences.
 */
export function pickTellingErrors(all: readonly ErrorObject[]): readonly ErrorObject[] {
  const errors = dropRepeated(all.slice(0, MAX_ERRORS));
  const mistyped = new Set(errors.filter(({ keyword }) => keyword === "type").map(({ instancePath }) => instancePath));
  return errors.filter(
    ({ keyword, instancePath }) => keyword !== "propertyNames" && (keyword === "type" || !mistyped.has(instancePath)),
  );
}

/**
 * In some places, the schema has a reference and also repeats the type of the value, because Ajv needs the type. If
 * such a value has a wrong type, Ajv reports the mistake twice.
 */
function dropRepeated(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const byText = new Map(
    errors.map((error) => [
      JSON.stringify([error.instancePath, error.propertyName, error.keyword, error.params]),
      error,
    ]),
  );
  return [...byText.values()];
}
