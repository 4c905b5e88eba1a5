/**
 * Wordings that the project's texts avoid, by what to write instead. A text is a message, a sentence of a document, or
 * a comment. Add a rule with the count of today: `npm run generate` writes it.
 */
export const rules = {
  'an idiom translated word by word':
    /\b(by (itself|themselves)|goes on\b|to the letter|anew\b|for good\b|all the same|could be had|otherwise than|is got\b|of use\b|to look at|in vain|so that|stands? (in|between|for|there)|(is|are) asked for|brought by)/i,
  'told, tells of: notify, report': /\b(told|tells?) (of|to|the)\b|\b(is|are|be) told\b/i,
  'answer: response, callback': /\banswers?\b/i,
  // Email and IP addresses are called that, and so is the bar of a browser.
  'address: URL, issuer URL, host': /(?<!\b(?:email|IP|IPv4|IPv6) )\baddress(es)?\b(?! bar)/i,
  // "Try another way" is the button beside a sign-in.
  'way: sign-in method': /(?<!\banother )\bways?\b/i,
  'person, people, somebody: you, user, someone': /\b(persons?|people|somebody|nobody|anybody|whoever)\b/i,
  'at or of the provider: with, to, the provider’s': /\b(at|of) the provider\b(?!’s|'s)/i,
  'may: can, is allowed to, might': /\bmay\b/,
  'id, e-mail, log-in, licence: ID, email, sign-in, license':
    /\b(client|provider|tenant|user) ids?\b|\be-mail|\blog-in\b|\blicences?\b/,
  'a long form: a contraction':
    /\b(can|could|do|does|did|is|are|was|were|has|have|will|would)( not\b|not\b)/i,
  'By default: Defaults to': /\bBy default\b/,
  'a semicolon: two sentences': /;(?!\s*\$)/,
} as const;

export type Rule = keyof typeof rules;
