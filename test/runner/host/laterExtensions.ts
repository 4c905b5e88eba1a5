/** Names the VSIX files of extensions that tests in the host install while the editor runs, as JSON. */
export const laterExtensionsVariable = 'TEST_LATER_EXTENSIONS';
