/**
 * The files of `test:e2e` that mostly wait for time to pass: for tokens to end, for a sign-in to time out, or for a
 * window that has gone to be given up. One of them needs so little of the computer that it runs beside the others.
 * Those that take longest come first.
 */
export const patientFiles: readonly string[] = [
  'test/web/tabs.test.ts',
  'test/endToEnd/windows/windows.test.ts',
  'test/endToEnd/windows/clockSet.test.ts',
  'test/endToEnd/signIn/badInput.test.ts',
  'test/endToEnd/guide.test.ts',
  'test/endToEnd/signIn/stayingSignedIn.test.ts',
  'test/endToEnd/signIn/deviceCode.test.ts',
  'test/endToEnd/windows/windowGone.test.ts',
  'test/endToEnd/signInsView/endedByProvider.test.ts',
  'test/endToEnd/terminals/windowGone.test.ts',
];
