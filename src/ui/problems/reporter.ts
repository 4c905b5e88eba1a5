import type { DefinitionProblem } from '../../providers/entries/definition.ts';
import type { Repeating } from './repeating.ts';
import type { ProviderSetting } from './messages.ts';

/** Reports each problem once, however often settings and manifests are read, and again if it comes back. */
export function createProblemReporter(
  setting: ProviderSetting,
  repeating: Repeating,
): (problems: readonly DefinitionProblem[]) => void {
  let told = new Set<string>();
  return problems => {
    const fresh = problems.filter(problem => !told.has(JSON.stringify(problem)));
    told = new Set(problems.map(problem => JSON.stringify(problem)));
    if (fresh.length > 0)
      void import('./messages.ts').then(({ showDefinitionProblems }) =>
        showDefinitionProblems(fresh, setting, repeating),
      );
  };
}
