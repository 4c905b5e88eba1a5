import assert from 'node:assert/strict';
import { parseDefinition, type Provider } from '../../../src/providers/entries/definition.ts';
import '../../../src/providers/presets/presets.ts';

export const issuer = 'https://login.example.com/realms/staff';

/** What is wrong with an entry, as `field: reason`; empty if it is right. */
export function problems(definition: unknown, id = 'company'): string[] {
  const parsed = parseDefinition(id, definition);
  if (parsed.ok) return [];
  return parsed.problems.map(({ providerId, field, reason }) => {
    assert.equal(providerId, id);
    return `${field ?? '(the entry)'}: ${reason}`;
  });
}

/** The provider that an entry with these settings makes. */
export function provider(definition: object): Provider {
  const parsed = parseDefinition('company', { issuer, ...definition });
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.problems));
  return parsed.provider;
}
