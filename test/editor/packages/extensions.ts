/** An extension of this repository. */
export interface OwnExtension {
  /** Of its package: `dist/<name>.vsix`. */
  readonly name: string;
  /** Where its manifest is, in the repository: empty, or with a slash at the end. */
  readonly folder: '' | 'terminals/';
}

export const authentication: OwnExtension = { name: 'oidc-authentication', folder: '' };
export const terminals: OwnExtension = { name: 'oidc-terminals', folder: 'terminals/' };

/** Each has a manifest, sources in `src/`, texts in `l10n/`, and a README and CHANGELOG of its own. */
export const extensions: readonly OwnExtension[] = [authentication, terminals];
