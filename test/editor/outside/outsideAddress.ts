/** The variable that holds the address where tests inside an extension host ask the world outside of it. */
export const outsideVariable = 'HOST_TESTS_OUTSIDE';

/** Who sits at the browser, and what they decide. */
export interface PersonAtBrowser {
  readonly login: string;
  readonly password: string;
  readonly consent?: 'allow' | 'deny';
}
