/**
 * All spellings of a header name with `-` and `_`. Kong forwards both `x_user_id` and `x-user-id`, and many upstreams
 * (CGI, WSGI, Rack) read these two names as one header. A name with n dashes has 2^n spellings, and the schema allows
 * four dashes.
 */
export function headerSpellings(name: string): readonly string[] {
  const [first = "", ...rest] = name.split("-");
  return rest.reduce<readonly string[]>(
    (spellings, part) => spellings.flatMap((spelling) => [`${spelling}-${part}`, `${spelling}_${part}`]),
    [first],
  );
}
