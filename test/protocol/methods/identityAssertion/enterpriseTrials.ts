import { createAllowing } from '../../../../src/mcp/allowing.ts';
import { createMcpConsent, type McpTerms } from '../../../../src/mcp/consent.ts';
import { withEnterprise } from '../../../../src/mcp/enterprise.ts';
import { parseMcpServers, type McpServer } from '../../../../src/mcp/settings.ts';
import { createConfiguredProviders } from '../../../../src/providers/entries/configuredProviders.ts';
import { parseProviders } from '../../../../src/providers/entries/parseProviders.ts';
import { withFromIssuers } from '../../../../src/providers/entries/terms.ts';
import type { Yes } from '../../../../src/signIn/trust.ts';
import { memoryOf } from '../../../standIns/memento.ts';
import type { SignInTrial } from '../../signingIn.ts';

/** What somebody is asked about an MCP server. */
export interface AskedOfServer {
  readonly server: McpServer;
  readonly before: McpTerms | undefined;
}

/** The settings of somebody with MCP servers whose metadata names their authorization server, and what they agree to. */
export function enterpriseWindow(
  trial: Pick<SignInTrial, 'context'>,
  settings: { providers: object; mcpServers: Record<string, object> },
) {
  const memory = memoryOf(new Map());
  const providers = createConfiguredProviders();
  const asked: AskedOfServer[] = [];
  const person = { agrees: true };
  const readProviders = (): Promise<void> => {
    const own = withEnterprise(parseProviders(settings.providers), settings.mcpServers, memory);
    return Promise.resolve(providers.update(withFromIssuers(own.providers)));
  };
  const consent = createMcpConsent({
    memory,
    ask: (server, before) => {
      asked.push({ server, before });
      return Promise.resolve(person.agrees && (true as Yes));
    },
  });
  const loadHttp = () => Promise.resolve(trial.context.httpContext);
  const allow = createAllowing({ providers, memory, consent, loadHttp, readProviders });
  return {
    settings,
    memory,
    providers,
    asked,
    person,
    readProviders,
    /** Starts the server of this ID, as the editor does. */
    async start(id: string, asksAgain = false): Promise<McpServer | undefined> {
      await readProviders();
      const isProvider = (known: string) => providers.byId(known) !== undefined;
      const { servers, problems } = parseMcpServers(settings.mcpServers, { isProvider });
      const server = servers.find(each => each.id === id);
      if (!server) throw new Error(JSON.stringify(problems));
      return allow(server, asksAgain);
    },
  };
}
