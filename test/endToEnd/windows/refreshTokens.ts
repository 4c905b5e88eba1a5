import assert from 'node:assert/strict';
import type { Stage } from '../../stage/stage.ts';

/**
 * The token requests so far that redeem something. In a browser, the endpoint is also asked whether its answers can be
 * read, without anything to redeem.
 */
const tokenRequests = ({ identityProvider }: Stage) =>
  identityProvider
    .requestsTo(identityProvider.endpoints.token)
    .filter(({ body }) => 'code' in body || 'refresh_token' in body);

export const refreshesAt = (stage: Stage) =>
  tokenRequests(stage).filter(({ body }) => body['grant_type'] === 'refresh_token');

/** No refresh token was sent twice, and the provider refused nothing. */
export function assertNothingSentTwice(stage: Stage): void {
  const sent = refreshesAt(stage).map(({ body }) => body['refresh_token']);
  assert.equal(new Set(sent).size, sent.length, 'every refresh token was sent once');
  assert.deepEqual(new Set(tokenRequests(stage).map(({ status }) => status)), new Set([200]));
}
