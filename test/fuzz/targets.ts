import type { Target } from './target.ts';
import { callbackTargets } from './callbacks.ts';
import { documentTargets } from './documents.ts';
import { challengeTargets } from './challenges.ts';
import { frameTargets } from './frames.ts';
import { furtherAnswerTargets } from './furtherAnswers.ts';
import { httpTargets } from './http.ts';
import { otherWindowTargets } from './otherWindow.ts';
import { storedTargets } from './stored.ts';
import { tokenTargets } from './tokens.ts';

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
