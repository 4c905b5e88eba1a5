import type { DeviceAuthorization, PollState } from '../../protocol/grants/deviceAuthorization.ts';
import type { Provider } from '../../providers/entries/definition.ts';

export interface DeviceScreen {
  /** @param why why it is a code, in a sentence; undefined if the person has chosen that. */
  open(provider: Provider, why: string | undefined): DeviceView;
}

export interface DeviceView {
  /** Shows a code to enter; it replaces one that was shown before. */
  showCode(authorization: DeviceAuthorization): void;
  showState(state: PollState): void;
  /** Says that the code has expired. Resolves when the person wants another one. */
  showExpired(): Promise<void>;
  close(): void;
}
