/** Close codes after which a new connection makes sense: going away, lost, policy (a token that has ended). */
export const passingCodes = new Set([1001, 1005, 1006, 1008, 1011, 1012, 1013, 4401]);

/** Those of a server that accepts every handshake, and then judges the token. */
export const refusingCodes = new Set([1008, 4401]);

/** How a connection came to its end. */
export interface WebSocketEnd {
  /**
   * - `signed-out`: the person has signed out.
   * - `permission`: they have taken back that your extension may use the account.
   * - `refused`: the server refuses the token, and there is no better one without the person.
   * - `lost`: it could not be had again.
   * - `closed`: by the server, for good.
   */
  readonly kind: 'signed-out' | 'permission' | 'refused' | 'lost' | 'closed';
  readonly code: number;
  readonly reason: string;
}
