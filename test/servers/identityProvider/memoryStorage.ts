import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly model: string;
  readonly id: string;
  readonly payload: AdapterPayload;
}

/** What dies when everything that was granted on somebody's behalf is taken back. */
const grantedModels = new Set(['Grant', 'AccessToken', 'RefreshToken', 'AuthorizationCode', 'DeviceCode']);

export interface MemoryStorage {
  /** The storage of one oidc-provider model. Expired entries stay: the library checks `exp` on every read. */
  readonly adapter: (model: string) => Adapter;
  /** Deletes the person's grants, codes and tokens. Returns how many grants there were. */
  revokeAccount(accountId: string): number;
}

/** Everything one identity provider remembers, for as long as it runs. */
export function createMemoryStorage(): MemoryStorage {
  const entries = new Map<string, Entry>();
  const keyOf = (model: string, id: string) => `${model}:${id}`;

  const deleteWhere = (doomed: (entry: Entry) => boolean) => {
    for (const [key, entry] of entries) {
      if (doomed(entry)) {
        entries.delete(key);
      }
    }
  };

  const adapter = (model: string): Adapter => {
    const findWhere = (wanted: (payload: AdapterPayload) => boolean) => {
      for (const entry of entries.values()) {
        if (entry.model === model && wanted(entry.payload)) {
          return Promise.resolve(entry.payload);
        }
      }
      return Promise.resolve(undefined);
    };
    return {
      upsert(id, payload) {
        entries.set(keyOf(model, id), { model, id, payload: structuredClone(payload) });
        return Promise.resolve();
      },
      find: id => Promise.resolve(entries.get(keyOf(model, id))?.payload),
      findByUid: uid => findWhere(payload => payload.uid === uid),
      findByUserCode: userCode => findWhere(payload => payload.userCode === userCode),
      consume(id) {
        const entry = entries.get(keyOf(model, id));
        if (entry) {
          entry.payload.consumed = Math.floor(Date.now() / 1000);
        }
        return Promise.resolve();
      },
      destroy(id) {
        entries.delete(keyOf(model, id));
        return Promise.resolve();
      },
      revokeByGrantId(grantId) {
        deleteWhere(entry => entry.model === model && entry.payload.grantId === grantId);
        return Promise.resolve();
      },
    };
  };

  return {
    adapter,
    revokeAccount(accountId) {
      const theirs = (entry: Entry) =>
        grantedModels.has(entry.model) && entry.payload.accountId === accountId;
      const grants = [...entries.values()].filter(entry => entry.model === 'Grant' && theirs(entry)).length;
      deleteWhere(theirs);
      return grants;
    },
  };
}
