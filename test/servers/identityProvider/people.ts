/** Somebody who has an account at the test identity provider. */
export interface Person {
  readonly sub: string;
  /** What the person types into the login page; also the `preferred_username` claim. */
  readonly login: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

export const people = {
  alice: {
    sub: '8f1c7d52-a11c-4e00-9d1e-000000000001',
    login: 'alice',
    password: 'wonderland',
    name: 'Alice Liddell',
    email: 'alice@example.com',
    groups: ['teams/developers', 'teams/leads'],
  },
  bob: {
    sub: '8f1c7d52-b0b0-4e00-9d1e-000000000002',
    login: 'bob',
    password: 'builder',
    name: 'Bob Baker',
    email: 'bob@example.com',
    groups: ['teams/support'],
  },
} as const satisfies Record<string, Person>;

const everybody: readonly Person[] = Object.values(people);

/** Only members of this group may be granted the scope `admin`. */
export const leads = 'teams/leads';

export const personBySubject = (sub: string) => everybody.find(person => person.sub === sub);

/** The person with this name and this password, or undefined. */
export const personWithPassword = (login: string | undefined, password: string | undefined) =>
  everybody.find(person => person.login === login && person.password === password);

/** The person's OpenID Connect claims; which of them leave the provider is decided by the granted scopes. */
export const claimsOf = (person: Person) => ({
  sub: person.sub,
  name: person.name,
  preferred_username: person.login,
  email: person.email,
  email_verified: true,
  groups: [...person.groups],
});
