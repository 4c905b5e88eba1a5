/** The parts of a URI that was opened in the editor. */
export interface DeliveredUri {
  readonly authority: string;
  readonly path: string;
  readonly query: string;
}

/** An authorization response, before a sign-in claims it. */
export interface DeliveredResponse {
  readonly path: string;
  readonly parameters: URLSearchParams;
}

/**
 * Reads what was delivered to the extension's URI.
 *
 * @param encoded whether the query arrives as the server wrote it, as in a browser. On the desktop it has been decoded
 * once already: decoding it again would change a code that holds a `+` or `%`.
 * @returns undefined for another extension's URI, which no editor should deliver here.
 */
export function readDelivered(
  extensionId: string,
  { authority, path, query }: DeliveredUri,
  encoded: boolean,
): DeliveredResponse | undefined {
  if (authority.toLowerCase() !== extensionId.toLowerCase()) return undefined;
  if (encoded) return { path, parameters: new URLSearchParams(query) };
  const parameters = new URLSearchParams();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters.append(part.slice(0, equals), part.slice(equals + 1));
  }
  return { path, parameters };
}
