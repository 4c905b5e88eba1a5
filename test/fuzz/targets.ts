import type { Target } from './target.ts';
import { callbackTargets } from './callbacks.ts';
import { documentTargets } from './documents.ts';
import { httpTargets } from './http.ts';
import { storedTargets } from './stored.ts';
import { tokenTargets } from './tokens.ts';

export const targets: readonly Target[] = [
  ...callbackTargets,
  ...documentTargets,
  ...tokenTargets,
  ...storedTargets,
  ...httpTargets,
];
