import type { ErrorObject } from "ajv";

/** One branch of an alternative (`oneOf`) at one place of the document. */
interface Branch {
  readonly place: string;
  readonly number: string;
}

/** Beyond this many nobody reads on, and sorting them out would take long. */
const MAX_ERRORS = 500;

/**
 * Leaves out errors that only repeat or follow from others, so that one mistake gives one message:
 * `propertyNames` beside its cause; checks of a value whose type is wrong already; and, of an alternative, either the
 * branches that the author did not mean or, when no single branch was meant, all but the alternative itself.
 */
export function pickTellingErrors(all: readonly ErrorObject[]): readonly ErrorObject[] {
  const errors = dropRepeated(all.slice(0, MAX_ERRORS));
  const places = errors.filter(({ keyword }) => keyword === "oneOf").map(({ instancePath }) => instancePath);
  const meant = new Map(places.map((place) => [place, findMeantBranch(errors, place)]));
  const mistyped = new Set(
    errors.filter((error) => error.keyword === "type" && !branchOf(error, places)).map((error) => error.instancePath),
  );
  return errors.filter((error) => {
    const branch = branchOf(error, places);
    if (branch) {
      return meant.get(branch.place) === branch.number;
    }
    if (error.keyword === "oneOf") {
      return meant.get(error.instancePath) === undefined;
    }
    return error.keyword !== "propertyNames" && (error.keyword === "type" || !mistyped.has(error.instancePath));
  });
}

/** A type that is written beside a reference, for Ajv's sake, is checked twice. */
function dropRepeated(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const byText = new Map(
    errors.map((error) => [
      JSON.stringify([error.instancePath, error.keyword, error.params, /\/oneOf\/\d+\//.exec(error.schemaPath)?.[0]]),
      error,
    ]),
  );
  return [...byText.values()];
}

/** The branch whose distinguishing key the author wrote, provided there is exactly one. */
function findMeantBranch(errors: readonly ErrorObject[], place: string): string | undefined {
  const tried = new Map<string, boolean>();
  for (const error of errors) {
    const branch = branchOf(error, [place]);
    if (branch) {
      const isMissed = error.instancePath === place && (error.keyword === "required" || error.keyword === "type");
      tried.set(branch.number, (tried.get(branch.number) ?? true) && !isMissed);
    }
  }
  const met = [...tried].filter(([, isMet]) => isMet).map(([number]) => number);
  return met.length === 1 ? met[0] : undefined;
}

function branchOf(error: ErrorObject, places: readonly string[]): Branch | undefined {
  const number = /\/oneOf\/(\d+)\//.exec(error.schemaPath)?.[1];
  const place = places.find((prefix) => error.instancePath === prefix || error.instancePath.startsWith(`${prefix}/`));
  return number === undefined || place === undefined ? undefined : { place, number };
}
