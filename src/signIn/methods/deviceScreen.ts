import type { DeviceAuthorization, PollState } from '../../protocol/grants/deviceAuthorization.ts';
import type { Provider } from '../../providers/entries/definition.ts';

export interface DeviceScreen {
  /** @param why why a code is used, in a sentence. Undefined if the user chose that. */
  open(provider: Provider, why: string | undefined): DeviceView;
}

export interface DeviceView {
  /** Shows a code to enter, in place of an earlier one. */
  showCode(authorization: DeviceAuthorization): void;
  showState(state: PollState): void;
  /** Shows that the code has expired. Resolves when the user requests another one. */
  showExpired(): Promise<void>;
  close(): void;
}
