import type { IncomingMessage } from 'node:http';
import { errors, type InteractionResults, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { askedAcrValues, goldAcr, show } from './configuration.ts';
import { consentPage, errorPage, loginPage } from './pages.ts';
import { leads, personBySubject, personWithPassword } from './people.ts';

/** What the pages need of a request's context. */
type Exchange = Pick<
  KoaContextWithOIDC,
  'req' | 'res' | 'method' | 'path' | 'status' | 'redirect' | 'set' | 'type' | 'body'
>;
type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
/** The fields of a form that was posted. */
export type Form = Readonly<Record<string, string>>;

const pagePath = /^\/interaction\/[\w-]+$/;
const formLimit = 16 * 1024;

/** The fields of a posted form; of one that is too long, none. */
async function readForm(request: IncomingMessage): Promise<Form> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > formLimit) {
      return {};
    }
  }
  return Object.fromEntries(new URLSearchParams(text));
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

async function clientName(provider: Provider, interaction: Interaction): Promise<string> {
  const clientId = textOf(interaction.params['client_id']);
  return (await provider.Client.find(clientId))?.clientName ?? clientId;
}

const askedScopes = (interaction: Interaction) =>
  textOf(interaction.params['scope']).split(' ').filter(Boolean);

/**
 * Writes down what the person allowed. Everything that was asked for is granted, except `admin` to somebody who is
 * no lead: a provider may always grant less than was asked for (RFC 6749, 3.3).
 */
async function grantTo(provider: Provider, interaction: Interaction, accountId: string): Promise<string> {
  const known =
    interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  const grant = known ?? new provider.Grant({ accountId, clientId: textOf(interaction.params['client_id']) });
  const missing = interaction.prompt.details as {
    missingOIDCScope?: string[];
    missingOIDCClaims?: string[];
    missingResourceScopes?: Record<string, string[]>;
  };
  grant.addOIDCScope(missing.missingOIDCScope ?? []);
  grant.addOIDCClaims(missing.missingOIDCClaims ?? []);
  const isLead = personBySubject(accountId)?.groups.includes(leads) === true;
  for (const [resource, scopes] of Object.entries(missing.missingResourceScopes ?? {})) {
    const allowed = scopes.filter(scope => isLead || scope !== 'admin');
    grant.addResourceScope(resource, allowed.join(' '));
    if (allowed.length < scopes.length) {
      grant.rejectResourceScope(resource, 'admin');
    }
  }
  return grant.save();
}

/**
 * The login and consent pages. A handler answers requests to them and tells whether it did.
 * @returns the posted form for a request it answered (empty for a GET), undefined for one that is not for it.
 */
export function interactionPages(provider: Provider): (exchange: Exchange) => Promise<Form | undefined> {
  /** The sign-in that this browser's cookie belongs to. */
  const find = (exchange: Exchange) =>
    provider.interactionDetails(exchange.req, exchange.res).catch((error: unknown) => {
      if (error instanceof errors.SessionNotFound) {
        return undefined;
      }
      throw error;
    });

  const resume = async (exchange: Exchange, result: InteractionResults, mergeWithLastSubmission: boolean) => {
    const returnTo = await provider.interactionResult(exchange.req, exchange.res, result, {
      mergeWithLastSubmission,
    });
    exchange.status = 303;
    exchange.redirect(returnTo);
  };

  const deny = (exchange: Exchange) =>
    resume(exchange, { error: 'access_denied', error_description: 'The person denied the request' }, false);

  const login = async (exchange: Exchange, interaction: Interaction, form: Form) => {
    const client = await clientName(provider, interaction);
    if (exchange.method !== 'POST') {
      const hint = textOf(interaction.params['login_hint']);
      show(exchange, loginPage({ action: exchange.path, client, login: hint }));
      return;
    }
    const person = personWithPassword(form['login'], form['password']);
    if (person) {
      const acr = askedAcrValues(interaction.params).find(value => value === goldAcr);
      await resume(exchange, { login: { accountId: person.sub, amr: ['pwd'], ...(acr && { acr }) } }, false);
      return;
    }
    exchange.status = 400;
    const problem = 'User name or password is wrong.';
    show(exchange, loginPage({ action: exchange.path, client, login: form['login'] ?? '', problem }));
  };

  const consent = async (exchange: Exchange, interaction: Interaction) => {
    const accountId = interaction.session?.accountId ?? '';
    if (exchange.method === 'POST') {
      await resume(exchange, { consent: { grantId: await grantTo(provider, interaction, accountId) } }, true);
      return;
    }
    const client = await clientName(provider, interaction);
    const person = personBySubject(accountId)?.name ?? accountId;
    show(exchange, consentPage({ action: exchange.path, client, person, scopes: askedScopes(interaction) }));
  };

  return async exchange => {
    if (!pagePath.test(exchange.path)) {
      return undefined;
    }
    const form = exchange.method === 'POST' ? await readForm(exchange.req) : {};
    const interaction = await find(exchange);
    if (!interaction) {
      exchange.status = 400;
      show(
        exchange,
        errorPage('invalid_request', 'This sign-in has ended or was started in another browser.'),
      );
    } else if (form['decision'] === 'deny') {
      await deny(exchange);
    } else if (interaction.prompt.name === 'login') {
      await login(exchange, interaction, form);
    } else {
      await consent(exchange, interaction);
    }
    return form;
  };
}
