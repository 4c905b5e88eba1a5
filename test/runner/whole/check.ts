/** `npm run check`: what a change is looked at with again and again, in less than two minutes. */
import { check, report, runSteps, suite } from './steps.ts';

const steps = [suite('test:unit'), check('typecheck'), check('lint:cached'), suite('test:conformance')];
report(await runSteps(steps, { lanes: 2 }));
