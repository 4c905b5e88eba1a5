import { connect, type Socket } from 'node:net';
import nacl from 'tweetnacl';
import { startAgent, type Agent } from '../../../terminals/src/agent/agent.ts';
import { findPlace, surroundings } from '../../../terminals/src/agent/place.ts';
import type { Handle } from '../../../terminals/src/agent/connections.ts';
import type { AgentResponse } from '../../../terminals/src/agent/requests.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { manualClock, type ManualClock } from '../../standIns/manualClock.ts';
import { recordingLog, type RecordingLog } from '../../standIns/recordingLog.ts';

export interface OpenAgent {
  readonly agent: Agent;
  readonly clock: ManualClock;
  readonly log: RecordingLog;
  /** Where its socket's folder is. */
  readonly base: string;
  /** What was asked, as it came. */
  readonly asked: unknown[];
  /** Starts another window of the same workspace, which responds as the first does unless told otherwise. */
  another(handle?: Handle): Promise<Agent>;
  close(): Promise<void>;
}

export const token = 'the-token';

/** An answer with a token that says nothing. */
export const success: AgentResponse = {
  status: 'success',
  access_token: token,
  issuer: 'https://login.example.test',
  expires_at: 2e9,
};

export const ready: Handle = () => Promise.resolve(success);

export async function openAgent(handle: Handle = ready): Promise<OpenAgent> {
  const folder = await temporaryFolder('vo');
  const clock = manualClock();
  const log = recordingLog();
  const asked: unknown[] = [];
  const around = { ...surroundings(), env: { XDG_RUNTIME_DIR: folder.path } };
  const agents: Agent[] = [];
  const another = async (own = handle): Promise<Agent> => {
    const agent = await startAgent({
      clock,
      log,
      surroundings: around,
      place: await findPlace('a workspace', around),
      handle: (request, hungUp, json, peer) => {
        asked.push(json);
        return own(request, hungUp, json, peer);
      },
    });
    agents.push(agent);
    return agent;
  };
  return {
    agent: await another(),
    clock,
    log,
    base: folder.path,
    asked,
    another,
    async close() {
      for (const agent of agents) await agent.close();
      await folder.remove();
    },
  };
}

/** Connects, and collects what comes until the other end closes. */
export function client(path: string): { socket: Socket; received: Promise<string>; pieces: string[] } {
  const socket = connect(path);
  const pieces: string[] = [];
  socket.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  const received = new Promise<string>(resolve => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(pieces.join('')));
  });
  return { socket, received, pieces };
}

/** Asks in plain JSON. */
export async function ask(path: string, request: object): Promise<Record<string, unknown>> {
  const { socket, received } = client(path);
  socket.write(JSON.stringify(request));
  return JSON.parse(await received) as Record<string, unknown>;
}

/** Asks as oidc-agent's libraries do. */
export async function askEncrypted(
  path: string,
  request: object,
  { countCharacters = false, sent = (_socket: Socket): void => undefined } = {},
): Promise<{ response: Record<string, unknown>; bytes: string }> {
  const pair = nacl.box.keyPair();
  const { socket, received, pieces } = client(path);
  const theirs = new Promise<string>(resolve => socket.once('data', (piece: string) => resolve(piece)));
  socket.write(Buffer.from(pair.publicKey).toString('base64'));
  const key = nacl.box.before(new Uint8Array(Buffer.from(await theirs, 'base64')), pair.secretKey);
  const text = JSON.stringify(request);
  const plain = new Uint8Array(Buffer.from(text));
  const nonce = nacl.randomBytes(24);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const sealed = nacl.secretbox(plain, nonce, key);
  socket.write(`${countCharacters ? text.length : plain.length}:${base64(nonce)}:${base64(sealed)}`);
  sent(socket);
  await received;
  const bytes = pieces.slice(1).join('');
  const [, theirNonce = '', theirSealed = ''] = bytes.split(':');
  const [nonceBytes, sealedBytes] = [theirNonce, theirSealed].map(
    part => new Uint8Array(Buffer.from(part, 'base64')),
  );
  const opened = nonceBytes && sealedBytes && nacl.secretbox.open(sealedBytes, nonceBytes, key);
  if (!opened) throw new Error(`The response can't be opened: ${bytes.slice(0, 100)}`);
  return { response: JSON.parse(Buffer.from(opened).toString()) as Record<string, unknown>, bytes };
}
