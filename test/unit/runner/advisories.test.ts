import assert from 'node:assert/strict';
import { readAudit, unexplained } from '../../runner/audit/advisories.ts';

/** As npm 11 prints it. */
const report = (...via: unknown[]): string =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: {
      jose: { name: 'jose', severity: 'high', isDirect: true, via, effects: ['other'] },
      other: { name: 'other', severity: 'high', isDirect: false, via: ['jose'], effects: [] },
    },
    metadata: { vulnerabilities: { high: 2 } },
  });

const advisory = (severity: string, id = 'GHSA-aaaa-bbbb-cccc') => ({
  source: 1,
  name: 'jose',
  title: 'Something bad',
  url: `https://github.com/advisories/${id}`,
  severity,
});

function left(printed: string, explained = ''): string[] {
  const read = readAudit(printed);
  assert.equal(read.kind, 'checked');
  return read.kind === 'checked' ? unexplained(read.advisories, explained).map(({ id }) => id) : [];
}

describe('advisories about what is shipped', () => {
  it('must be mended from the level high on, or if their level is unknown', () => {
    for (const severity of ['high', 'critical', 'apocalyptic', '']) {
      assert.deepEqual(left(report(advisory(severity))), ['GHSA-aaaa-bbbb-cccc'], severity);
    }
    for (const severity of ['info', 'low', 'moderate']) {
      assert.deepEqual(left(report(advisory(severity))), [], severity);
    }
  });

  it('may be explained, each by its id', () => {
    const two = report(advisory('high'), advisory('high', 'GHSA-dddd-eeee-ffff'));
    assert.deepEqual(left(two, '- GHSA-aaaa-bbbb-cccc: not reached.'), ['GHSA-dddd-eeee-ffff']);
  });

  it('count without an id too', () => {
    assert.equal(left(report({ name: 'jose', severity: 'critical' })).length, 1);
  });

  it('are none if the report says so', () => {
    assert.deepEqual(left(JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} })), []);
  });

  it('are unknown, not none, without a report', () => {
    for (const [printed, why] of [
      ['', /no report/],
      ['npm error', /no report/],
      ['[]', /no report/],
      ['{"message":"405 Method Not Allowed","statusCode":405,"error":{}}', /no advisories \(status 405\)/],
      ['{"auditReportVersion":3,"vulnerabilities":{}}', /no advisories/],
      ['{"auditReportVersion":2}', /no advisories/],
    ] as const) {
      const read = readAudit(printed);
      assert.equal(read.kind, 'unknown', printed);
      assert.match(read.kind === 'unknown' ? read.why : '', why);
    }
  });
});
