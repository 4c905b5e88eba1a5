import type { Translation } from './translations.ts';

/** What a term is called in each language, wherever the English text has it. */
export const glossary: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  scopes: { de: /\bscopes?\b|-scope/i, fr: /étendue/i },
  'access tokens?': { de: /zugriffstoken/i, fr: /jetons? d[’']accès/i },
  'refresh tokens?': { de: /aktualisierungstoken/i, fr: /jetons? d[’']actualisation/i },
  tokens: { de: /token/i, fr: /jeton/i },
  'redirect URIs?': { de: /umleitungs-uri/i, fr: /uri de redirection/i },
  issuer: { de: /aussteller/i, fr: /émetteur/i },
  'providers?': { de: /anbieter/i, fr: /fournisseur/i },
  'identity providers?': { de: /identitätsanbieter/i, fr: /fournisseurs? d[’']identité/i },
  'client secret': { de: /clientgeheimnis|geheimnis.* des Clients/i, fr: /secret (?:du )?client/i },
  'client ID': { de: /client-id/i, fr: /id (?:de |du )?client/i },
  'bridge page': { de: /brückenseite/i, fr: /page passerelle/i },
  metadata: { de: /metadaten/i, fr: /métadonnée/i },
  'accounts?': { de: /kont[oe]/i, fr: /compte/i },
  'certificates?': { de: /zertifi[kz]/i, fr: /certificat/i },
  'extensions?': { de: /erweiterung/i, fr: /extension/i },
  'administrators?': { de: /administrator/i, fr: /administrateur/i },
  tenants: { de: /mandant/i, fr: /locataire/i },
  claims: { de: /claim/i, fr: /revendication/i },
  'revoke[ds]?': { de: /widerr|widerruf/i, fr: /révo/i },
  keyring: { de: /schlüsselbund/i, fr: /trousseau/i },
  workspace: { de: /arbeitsbereich/i, fr: /espace de travail/i },
  refreshed: { de: /erneuert/i, fr: /actualis/i },
};

const withoutCode = (text: string): string => text.replace(/`[^`]*`|"[^"]*"|\{\w+\}|https?:\S+|\w+:\w+/g, '');

/** True if the translation keeps the term, or all before the colon, as a provider's page or the protocol writes it. */
function isLabel(term: string, text: string, translation: string): boolean {
  const [label = ''] = text.split(':');
  const kept = new RegExp(term, 'i').exec(translation)?.[0] ?? '';
  return (
    /^\p{Lu}/u.test(kept) || (/^[a-z]|\s/.test(label) && translation.startsWith(label) && label !== text)
  );
}

/**
 * Finds the translations that call a term otherwise than the glossary. What is written on the pages of a provider stays
 * in English, with a capital letter (`Redirect URIs: …`) or behind an arrow.
 *
 * @returns also how many were compared, by term and language.
 */
export function termsOtherwise(translations: readonly Translation[]): {
  readonly problems: string[];
  readonly compared: ReadonlyMap<string, number>;
} {
  const problems: string[] = [];
  const compared = new Map<string, number>();
  for (const { language, written, texts } of translations)
    for (const [key, text] of Object.entries(written)) {
      if (text.includes('→')) continue;
      for (const [term, names] of Object.entries(glossary)) {
        const named = names[language];
        const found = new RegExp(`(?<![\\w.-])${term}(?![\\w-])`, 'i').exec(withoutCode(text))?.[0];
        if (!named || found === undefined) continue;
        compared.set(`${language}: ${term}`, (compared.get(`${language}: ${term}`) ?? 0) + 1);
        const translation = texts[key] ?? '';
        if (!named.test(translation) && !isLabel(found, text, translation))
          problems.push(`${language}: ${term}: ${translation}`);
      }
    }
  return { problems, compared };
}
