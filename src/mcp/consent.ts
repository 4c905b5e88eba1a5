import * as v from 'valibot';
import { whileRunning } from '../platform/once.ts';
import { createQueue } from '../platform/queue.ts';
import type { Memory } from '../platform/storage.ts';
import { normaliseScopes } from '../sessions/grant/scopes.ts';
import type { Yes } from '../signIn/trust.ts';
import { reachOf, scopesOf } from './ownResource.ts';
import type { McpServer } from './settings.ts';

const list = v.pipe(v.array(v.string()), v.readonly());

const termsSchema = v.object({
  /** The whole URL: on a shared host, only the path tells one user's server from another's. */
  url: v.string(),
  provider: v.string(),
  /** Whose tokens they are: the ID alone can be that of another provider one day. */
  issuer: v.optional(v.string()),
  scopes: list,
  /** Resources and audiences. If empty, the provider decides. */
  targets: list,
  /** Whose sign-in is shown to the issuer, by the ID in `oidc.providers`. */
  enterprise: v.optional(v.string()),
});

/** The terms that a user agrees to for an MCP server: who gets a token, whose, and for what. */
export type McpTerms = Readonly<v.InferOutput<typeof termsSchema>>;

export const mcpTermsOf = (server: McpServer): McpTerms => ({
  url: new URL(server.url).href,
  provider: server.providerId,
  issuer: server.issuer,
  scopes: normaliseScopes(scopesOf(server)),
  targets: normaliseScopes(reachOf(server).targets),
  ...(server.enterprise && { enterprise: server.enterprise.from }),
});

export interface McpConsentOptions {
  /** Keeps the decisions. They contain no secret. */
  readonly memory: Memory;
  /**
   * Asks whether a server gets a token.
   *
   * @param before the terms that the user agreed to, if they differed.
   */
  ask(server: McpServer, before: McpTerms | undefined): Promise<Yes | false>;
}

/** The decision about a server, even if the setting no longer names it. */
export interface McpAnswer {
  readonly id: string;
  readonly terms: McpTerms;
  readonly isAllowed: boolean;
}

/** What is stored of a server. Both hold at once after a refused change: the old terms stay allowed. */
const answeredSchema = v.object({ allowed: v.optional(termsSchema), refused: v.optional(termsSchema) });

type Answered = v.InferOutput<typeof answeredSchema>;

const prefix = 'mcp/';

/**
 * Controls which MCP servers get a token. The editor asks once for this extension and account. This asks for each
 * server, and again when its URL, provider, issuer, scopes or resource change. A refusal counts until one of them changes
 * or the user asks for the question.
 */
export type McpConsent = ReturnType<typeof createMcpConsent>;

export function createMcpConsent({ memory, ask }: McpConsentOptions) {
  const open = whileRunning<boolean>();
  const inTurn = createQueue();

  const answeredOf = (id: string): Answered => read(memory.get(`${prefix}${id}`));
  const remember = (id: string, answered: Answered): void => memory.set(`${prefix}${id}`, answered);

  const askUnlessKnown = async (server: McpServer, asksAgain: boolean): Promise<boolean> => {
    const terms = mcpTermsOf(server);
    // Another window might have decided in the meantime.
    const { allowed, refused } = answeredOf(server.id);
    if (isSame(allowed, terms)) return true;
    if (isSame(refused, terms) && !asksAgain) return false;
    const agrees = await ask(server, allowed);
    remember(server.id, agrees ? { allowed: terms } : { ...(allowed && { allowed }), refused: terms });
    return agrees;
  };

  return {
    /** @param asksAgain true if the user just asked for the question: an earlier refusal doesn't count. */
    check: (server: McpServer, asksAgain: boolean): Promise<boolean> =>
      open(JSON.stringify([server.id, asksAgain, mcpTermsOf(server)]), () =>
        inTurn(() => askUnlessKnown(server, asksAgain)),
      ),
    /** Whether the user has revoked the permission that was there, also in another window, up to this moment. */
    isTakenBack(server: McpServer): boolean {
      const terms = mcpTermsOf(server);
      const { allowed, refused } = answeredOf(server.id);
      return isSame(refused, terms) && !isSame(allowed, terms);
    },
    answers: (): readonly McpAnswer[] =>
      [...memory.keys()]
        .filter(key => key.startsWith(prefix))
        .flatMap(key => {
          const { allowed, refused } = read(memory.get(key));
          const terms = allowed ?? refused;
          return terms ? [{ id: key.slice(prefix.length), terms, isAllowed: allowed !== undefined }] : [];
        }),
    /** Takes a permission back, which counts as a refusal. */
    refuse(id: string): void {
      const { allowed } = answeredOf(id);
      if (allowed) remember(id, { refused: allowed });
    },
  };
}

const isSame = (a: McpTerms | undefined, b: McpTerms): boolean =>
  a !== undefined && JSON.stringify(v.parse(termsSchema, a)) === JSON.stringify(v.parse(termsSchema, b));

/** Treats anything that another version stored differently as undecided. */
function read(value: unknown): Answered {
  const parsed = v.safeParse(answeredSchema, value);
  return parsed.success ? parsed.output : {};
}
