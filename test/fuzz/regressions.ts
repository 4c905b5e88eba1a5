/**
 * Inputs that once broke something, by target: each is tried before the random ones. A failure of the fuzzer
 * prints the line to add here.
 */
export const regressions: Readonly<Record<string, readonly unknown[]>> = {
  'text of a server': [
    // The editor would have made a command of it.
    '[a](command:workbench.action.quit)',
    // It would have ended the quotation.
    'fine” said “nobody',
  ],
  WebFinger: [
    // Its message would have filled the screen.
    { identifier: 'x'.repeat(5000), body: '{}' },
  ],
  'token response': [
    // Said that the ID token was malformed.
    '{"access_token":"a","token_type":"Bearer","expires_in":null}',
  ],
};
