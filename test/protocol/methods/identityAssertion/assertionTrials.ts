import type { Provider, ProviderDefinition } from '../../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { refreshGrant } from '../../../../src/signIn/after/keepGrant.ts';
import type { FindSubject } from '../../../../src/signIn/client/subject.ts';
import { assertingClient } from '../../../servers/identityProvider/assertions/assertingProvider.ts';
import { startCompanies, type Companies } from '../../../servers/identityProvider/assertions/companies.ts';
import type { people } from '../../../servers/identityProvider/people.ts';
import { signInTrial, type SignInTrial } from '../../signingIn.ts';
import { given } from '../serviceTrials.ts';
import { signedInElsewhere } from '../signedInElsewhere.ts';

export const api = 'https://wiki.example.com/api';
export const otherApi = 'https://wiki.example.com/other';

/** Two companies, and people of the first who reach the API of the second. */
export class AssertionTrials {
  readonly companies: Companies;

  private constructor(companies: Companies) {
    this.companies = companies;
  }

  static start = async (): Promise<AssertionTrials> =>
    new AssertionTrials(await startCompanies([api, otherApi]));

  /** Both servers work again. */
  mend(): void {
    const { home, other } = this.companies;
    other.answer = undefined;
    for (const name of Object.keys(home.faults)) delete home.faults[name as 'typ'];
  }

  /** People who are signed in to the provider `company`. */
  atHome = (...who: (keyof typeof people)[]) =>
    signedInElsewhere({ issuer: this.companies.home.issuer, clientId: assertingClient }, ...who);

  tryIt = (findSubject: FindSubject, more: Parameters<typeof signInTrial>[0] = {}): SignInTrial =>
    signInTrial({
      findSubject,
      clientSecret: () => Promise.resolve(given(this.companies.other.client.secret)),
      ...more,
    });

  wiki = (trial: SignInTrial, more: Partial<ProviderDefinition> = {}): Provider =>
    trial.provider(
      {
        issuer: this.companies.other.issuer,
        label: 'Wiki',
        clientId: this.companies.other.client.id,
        clientAuthentication: 'client_secret_basic',
        signInMethod: 'identity-assertion',
        identityAssertion: { from: 'company' },
        resource: [api],
        scopes: ['tools:read'],
        ...more,
      },
      'wiki',
    );

  tokenRequests = () => this.companies.other.requests.filter(({ path }) => path === '/token');
}

export const renewed = async (trial: SignInTrial, settings: Provider, grant: Grant) =>
  (await refreshGrant(trial.context, settings, grant, () => undefined)).judge();

export const choosing = (label: string): Parameters<typeof signInTrial>[0] => ({
  chooseAccount: (_, accounts) => Promise.resolve(accounts.find(account => account.label === label)),
});

/** The network, where the metadata of this issuer says something else, too. */
export const withMetadata =
  (issuer: string, members: object): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    const address = input instanceof Request ? input.url : String(input);
    if (!address.startsWith(`${issuer}/.well-known`)) return response;
    return Response.json({ ...((await response.json()) as object), ...members });
  };
