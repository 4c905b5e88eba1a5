import assert from 'node:assert/strict';
import { rules, type Rule } from '../../manifest/words/rules.ts';
import {
  commentsOf,
  committedCounts,
  count,
  lowered,
  problemsOf,
  readAreas,
  sentencesOf,
  shownOf,
  type Counts,
} from '../../manifest/words/words.ts';

const may: Rule = 'may: can, is allowed to, might';
const semicolon: Rule = 'a semicolon: two sentences';

describe('the words of the texts', () => {
  it('avoid what the rules name, at least as well as before (`npm run generate` lowers the counts)', async () => {
    const areas = await readAreas();
    assert.ok(areas.size > 50);
    for (const area of ['messages', 'manifest', 'README.md', 'docs/errors.md', 'src/protocol/http', 'src/ui'])
      assert.ok(areas.has(area), area);
    assert.deepEqual(problemsOf(areas, await committedCounts()), []);
  });

  const areas = new Map([['docs/a.md', ['You may; you can.', 'Is  this\nit?', 'He may.']]]);
  const before: Counts = { 'docs/a.md': { [may]: 1, [semicolon]: 1 } };

  it('are named where there are more findings', () => {
    const [problem, ...others] = problemsOf(areas, before);
    assert.match(
      problem ?? '',
      /^docs\/a\.md: may.*: 2, at most 1 allowed.*\n {2}You may; you can\.\n {2}He may\.$/s,
    );
    assert.deepEqual(others, []);
  });

  it('ask for a lower count where there are fewer', () => {
    const better = new Map([['docs/a.md', ['He may.']]]);
    assert.match(problemsOf(better, before).join('\n'), /semicolon.*: 0, not 1 any more.*npm run generate/);
    assert.deepEqual(lowered(count(better), before), { 'docs/a.md': { [may]: 1 } });
  });

  it('never get a higher count, except under a new rule', () => {
    assert.deepEqual(lowered(count(areas), before), before);
    assert.deepEqual(lowered(count(areas), { 'docs/b.md': { [may]: 3 } }), {
      'docs/a.md': { [semicolon]: 1 },
    });
    assert.deepEqual(lowered(count(areas), {}), { 'docs/a.md': { [may]: 2, [semicolon]: 1 } });
  });

  it('are those of sentences and comments, without code', () => {
    assert.deepEqual(sentencesOf('One. Two?\n\n```sh\nmay; x\n```\nThree'), ['One.', 'Two?', '', 'Three']);
    assert.deepEqual(sentencesOf('Set `answers` to `a; b`.'), ['Set  to .']);
    assert.deepEqual(commentsOf('/** A. */\nlet a = 1; // b\n  // C;\n'), [' A. ', 'C;']);
    assert.deepEqual(commentsOf('/** @param person `may;` {@link askPerson} */'), ['    ']);
  });

  it('are those that are read, without the names of placeholders', () =>
    assert.equal(shownOf('{address} sent {0} answers'), '{} sent {} answers'));

  it('leave out what a rule does not mean', () => {
    for (const text of [
      'your email address',
      'an IPv6 address',
      'the address bar',
      'Try Another Way',
      'none of the provider’s keys',
    ])
      for (const [rule, pattern] of Object.entries(rules)) assert.doesNotMatch(text, pattern, rule);
    assert.match('another address of the provider, by the way', rules['address: URL, issuer URL, host']);
  });

  it('are found by each rule in its own name or an example', () => {
    const examples: Partial<Record<Rule, string>> = {
      'an idiom translated word by word': 'It goes on by itself.',
      'told, tells of: notify, report': 'You are told.',
      'a long form: a contraction': 'It cannot.',
      'a semicolon: two sentences': 'One; two.',
      'at or of the provider: with, to, the provider’s': 'Register at the provider.',
      'id, e-mail, log-in, licence: ID, email, sign-in, license': 'client id',
    };
    for (const [rule, pattern] of Object.entries(rules))
      assert.match(examples[rule as Rule] ?? rule, pattern, rule);
  });
});
