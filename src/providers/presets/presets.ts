import { atlassian } from './atlassian.ts';
import { auth0 } from './auth0.ts';
import { cognito } from './cognito.ts';
import { entra } from './entra.ts';
import { github, githubEnterprise } from './github.ts';
import { gitlab } from './gitlab.ts';
import { fapi2 } from '../settings/fapi2.ts';
import { google } from './google.ts';
import { keycloak } from './keycloak.ts';
import type { PresetName } from '../settings/presetNames.ts';
import { loadedProfiles } from '../settings/profiles.ts';
import { okta } from './okta.ts';
import { ping } from './ping.ts';
import type { Preset } from './preset.ts';
import { qlikCloud } from './qlikCloud.ts';
import { salesforce } from './salesforce.ts';
import { slack } from './slack.ts';
import { loadedPresets } from './withPreset.ts';

export const presets: Readonly<Record<PresetName, Preset>> = {
  github,
  'github-enterprise': githubEnterprise,
  gitlab,
  google,
  entra,
  okta,
  auth0,
  keycloak,
  'qlik-cloud': qlikCloud,
  atlassian,
  slack,
  salesforce,
  cognito,
  ping,
};

// Who imports this file can read entries that name a preset or a profile.
Object.assign(loadedPresets, presets);
Object.assign(loadedProfiles, { fapi2 });
