import type { Target } from './target.ts';
import { callbackTargets } from './targets/callbacks.ts';
import { documentTargets } from './targets/documents.ts';
import { challengeTargets } from './targets/challenges.ts';
import { frameTargets } from './targets/frames.ts';
import { furtherAnswerTargets } from './targets/furtherAnswers.ts';
import { httpTargets } from './targets/http.ts';
import { otherWindowTargets } from './targets/otherWindow.ts';
import { storedTargets } from './targets/stored.ts';
import { tokenTargets } from './targets/tokens.ts';

export const targets: readonly Target[] = [
  ...callbackTargets,
  ...documentTargets,
  ...tokenTargets,
  ...storedTargets,
  ...furtherAnswerTargets,
  ...challengeTargets,
  ...frameTargets,
  ...otherWindowTargets,
  ...httpTargets,
];
