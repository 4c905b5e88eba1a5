/** The security profiles that can be set, in a file of its own because the schema needs the names. */
export const profileNames = ['fapi2'] as const;
export type ProfileName = (typeof profileNames)[number];
