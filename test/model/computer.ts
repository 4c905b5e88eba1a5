import { OwnerLost, RemoteError, describeError } from '../../src/windows/errors.ts';
import type { Everywhere, Remote, Role, WindowGroup, WindowGroupOptions } from '../../src/windows/group.ts';
import type { JoinWindows, OwnerCalls, WindowCalls } from '../../src/sessions/sharing/windowCalls.ts';

/**
 * The channel between windows as `src/windows` promises it, in one process and without sockets, so that every
 * order of events can be tried: one owner at a time, another as soon as it is gone, messages that take a moment
 * and pass through JSON, calls that are lost with the window that was asked.
 */
export interface Computer {
  join: (life: Life) => JoinWindows;
  /** The owner is taken for dead, and goes on living: another one takes over. */
  supersede(): Life | undefined;
  /** Some time passes: an owner that has not been heard meanwhile is taken for dead by those who wait for it. */
  noticeSilence(): Life | undefined;
  isOwner(life: Life): boolean;
  /** Very slow: it may not be heard in time. */
  isSlow(life: Life): boolean;
  /** What is sent to a window takes so many turns more. */
  slow(life: Life, turns: number): void;
  /** To be called when a process has died: the operating system closes its sockets. */
  noticeDeaths(): void;
  /** Messages on their way. */
  readonly busy: () => boolean;
  /** Answers on their way. */
  readonly answering: () => boolean;
}

/** A process: dead, it neither hears nor says anything any more. */
export interface Life {
  alive: boolean;
  /** It was taken for dead once; what it had begun then is in doubt. */
  superseded?: boolean;
}

type Group = WindowGroup<OwnerCalls, WindowCalls>;
type Options = WindowGroupOptions<OwnerCalls, WindowCalls>;

interface Member {
  readonly life: Life;
  readonly options: Options;
  readonly listeners: Set<(role: Role, generation: number) => void>;
  role: Role;
  functions: OwnerCalls | undefined;
  lost: AbortController;
}

const never = new Promise<never>(() => undefined);
const throughJson = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);

export function createComputer(): Computer {
  let members: Member[] = [];
  let owner: Member | undefined;
  let generation = 0;
  let moving = 0;
  /** Ends the calls under way when the owner goes. */
  let gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);

  const slowness = new Map<Life, number>();
  /** Calls on their way to the owner from other windows. */
  let waiting = 0;
  let answers = 0;
  const formerOwners: Life[] = [];

  const hop = async (from?: Life, to?: Life): Promise<void> => {
    moving++;
    // What a window tells itself does not travel.
    const turns = 1 + (to && from !== to ? (slowness.get(to) ?? 0) : 0);
    for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
    moving--;
  };

  const present = (member: Member): boolean => member.life.alive && members.includes(member);

  const setRole = (member: Member, role: Role): void => {
    member.role = role;
    for (const listener of member.listeners) if (member.life.alive) listener(role, generation);
  };

  const elect = (): void => {
    if (owner && present(owner)) return;
    if (owner) {
      owner.lost.abort();
      gone.reject(new OwnerLost('a call'));
      gone = Promise.withResolvers<never>();
      gone.promise.catch(() => undefined);
    }
    members = members.filter(member => member.life.alive);
    owner = members[0];
    if (!owner) return;
    generation++;
    const elected = owner;
    const { signal } = elected.lost;
    const made = elected.options.createOwner({
      generation,
      // Whoever becomes the owner again does so anew.
      isCurrent: () => !signal.aborted && owner === elected && present(elected),
      signal,
      formerOwnerMayLive: () => formerOwners.some(life => life.alive && life !== elected.life),
      broadcast: functionsBy<Everywhere<WindowCalls>>((name, args) => toAll(elected.life, name, args)),
      giveUp: () => void (owner === elected && supersede()),
    });
    elected.functions = made as OwnerCalls;
    setRole(elected, 'owner');
    for (const member of members) if (member !== elected) setRole(member, 'member');
  };

  const supersede = (): Life | undefined => {
    const stalled = owner;
    if (!stalled || members.length < 2) return undefined;
    members = members.filter(member => member !== stalled);
    formerOwners.push(stalled.life);
    elect();
    // It comes back as one of the others.
    stalled.lost = new AbortController();
    stalled.functions = undefined;
    members.push(stalled);
    setRole(stalled, 'member');
    return stalled.life;
  };

  const invoke = async (functions: object, name: string, args: unknown[]): Promise<unknown> => {
    const called = Reflect.get(functions, name) as (...sent: unknown[]) => unknown;
    try {
      return throughJson(await called(...(throughJson(args) as unknown[])));
    } catch (error) {
      throw new RemoteError(describeError(error));
    }
  };

  const toAll = async (sender: Life, name: string, args: unknown[]): Promise<unknown> =>
    Promise.all(
      members.map(async member => {
        await hop(sender, member.life);
        if (!present(member)) return { error: new RemoteError({ name: 'Error', message: 'gone' }) };
        return { value: await invoke(member.options.window, name, args) };
      }),
    );

  const reachOwner = async (from: Life): Promise<void> => {
    const travels = owner !== undefined && owner.life !== from ? 1 : 0;
    waiting += travels;
    await Promise.race([hop(from, owner?.life), gone.promise]).finally(() => (waiting -= travels));
  };

  return {
    busy: () => moving > 0,
    answering: () => answers > 0,
    slow: (life, turns) => void slowness.set(life, turns),
    isSlow: life => (slowness.get(life) ?? 0) > 100,
    isOwner: life => owner?.life === life,
    noticeDeaths: elect,
    supersede,
    noticeSilence: () =>
      waiting > 0 && owner && (slowness.get(owner.life) ?? 0) > 0 ? supersede() : undefined,
    join: life => options => {
      const member: Member = {
        life,
        options,
        listeners: new Set(),
        role: 'joining',
        functions: undefined,
        lost: new AbortController(),
      };
      members.push(member);
      void hop().then(() => {
        elect();
        if (present(member) && owner !== member && member.role === 'joining') setRole(member, 'member');
      });

      const ask = async (name: string, args: unknown[]): Promise<unknown> => {
        for (;;) {
          try {
            await reachOwner(life);
            if (!member.life.alive) return await never;
            elect();
            const asked = owner;
            if (!asked?.functions) continue;
            const answer = await Promise.race([invoke(asked.functions, name, args), gone.promise]);
            answers++;
            await hop(asked.life, life).finally(() => answers--);
            if (!member.life.alive) return await never;
            return answer;
          } catch (error) {
            if (!(error instanceof OwnerLost) || !options.idempotent?.includes(name as never)) throw error;
          }
        }
      };
      const group: Group = {
        owner: functionsBy<Remote<OwnerCalls>>(ask),
        broadcast: functionsBy<Everywhere<WindowCalls>>(async (name, args) => {
          await hop();
          return member.life.alive ? toAll(life, name, args) : never;
        }),
        get role() {
          return member.role;
        },
        get generation() {
          return generation;
        },
        onRoleChange(listener) {
          member.listeners.add(listener);
          return () => member.listeners.delete(listener);
        },
        dispose() {
          member.listeners.clear();
          members = members.filter(other => other !== member);
          elect();
          return Promise.resolve();
        },
      };
      return group;
    },
  };
}

function functionsBy<Functions extends object>(
  call: (name: string, args: unknown[]) => Promise<unknown>,
): Functions {
  const get = (_: object, name: string | symbol) =>
    typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined;
  return new Proxy({}, { get }) as Functions;
}
