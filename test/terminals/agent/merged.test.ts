import assert from 'node:assert/strict';
import { mergedDetails, mergedNames } from '../../../terminals/src/agent/merged.ts';
import { failure } from '../../../terminals/src/agent/requests.ts';

describe('the accounts of ours and of a user’s own agent', () => {
  it('are named once, ours first', () => {
    const info = ['grid', 'company', 7];
    assert.deepEqual(mergedNames(['company'], { status: 'success', info }), ['company', 'grid']);
    for (const none of [undefined, failure('No'), { status: 'success', info: 'grid' } as const])
      assert.deepEqual(mergedNames(['company'], none), ['company']);
  });

  it('are described by issuer, with or without its last slash', () => {
    const own = {
      'https://a.example': { pubclient: false, accounts: { company: true } },
      'https://c.example': { pubclient: false, accounts: { other: true } },
    };
    const info = {
      'https://a.example/': { pubclient: true, accounts: { company: false, grid: false } },
      'https://b.example/': { pubclient: false, accounts: { lab: true, odd: 7 } },
      'https://d.example/': { accounts: ['odd'] },
      'https://e.example/': 'odd',
    };
    assert.deepEqual(mergedDetails(own, { status: 'success', info }), {
      'https://a.example': { pubclient: true, accounts: { company: true, grid: false } },
      'https://b.example/': { pubclient: false, accounts: { lab: true, odd: false } },
      'https://c.example': own['https://c.example'],
      'https://d.example/': { pubclient: false, accounts: {} },
    });
    for (const none of [undefined, failure('No'), { status: 'success', info: ['odd'] } as const])
      assert.deepEqual(mergedDetails(own, none), own);
  });
});
