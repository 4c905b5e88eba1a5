/** A script of package.json that runs the tests of some folders of `test/`. */
export interface Suite {
  readonly script: string;
  readonly folders: readonly string[];
}

/** Every test belongs to one of them. */
export const suites: readonly Suite[] = [
  { script: 'test:unit', folders: ['unit'] },
  { script: 'test:protocol', folders: ['protocol'] },
  { script: 'test:presets', folders: ['presets'] },
  { script: 'test:conformance', folders: ['conformance'] },
  { script: 'test:fuzz', folders: ['fuzz'] },
  { script: 'test:windows', folders: ['windows'] },
  { script: 'test:model', folders: ['model'] },
  { script: 'test:chaos', folders: ['chaos'] },
  { script: 'test:client', folders: ['client'] },
  { script: 'test:resource-servers', folders: ['resourceServers'] },
  { script: 'test:terminals', folders: ['terminals'] },
  { script: 'test:keycloak', folders: ['keycloak'] },
  { script: 'test:host', folders: ['host'] },
  { script: 'test:e2e', folders: ['endToEnd', 'web'] },
];

export const suiteOf = (file: string): Suite | undefined =>
  suites.find(({ folders }) => folders.some(folder => file.startsWith(`test/${folder}/`)));
