export const presetNames = [
  'github',
  'github-enterprise',
  'gitlab',
  'google',
  'entra',
  'okta',
  'auth0',
  'keycloak',
  'qlik-cloud',
  'atlassian',
  'slack',
  'salesforce',
  'cognito',
  'ping',
] as const;

export type PresetName = (typeof presetNames)[number];
