import type { DeviceAuthorization, PollState } from '../../../src/protocol/grants/deviceAuthorization.ts';
import type { DeviceScreen } from '../../../src/signIn/methods/deviceScreen.ts';

/** A screen for device codes that keeps what it shows. */
export interface RecordingScreen extends DeviceScreen {
  readonly codes: DeviceAuthorization[];
  readonly states: PollState[];
  readonly opened: number;
  readonly closed: number;
  /** Presses "Get a New Code"; undefined while the button is not there. */
  readonly newCode: (() => void) | undefined;
}

export function recordingScreen(
  onCode: (code: DeviceAuthorization) => void = () => undefined,
): RecordingScreen {
  const codes: DeviceAuthorization[] = [];
  const states: PollState[] = [];
  let opened = 0;
  let closed = 0;
  let newCode: (() => void) | undefined;
  return {
    codes,
    states,
    get opened() {
      return opened;
    },
    get closed() {
      return closed;
    },
    get newCode() {
      return newCode;
    },
    open() {
      opened++;
      return {
        showCode(code) {
          newCode = undefined;
          codes.push(code);
          onCode(code);
        },
        showState: state => void states.push(state),
        showExpired: () => new Promise<void>(resolve => (newCode = resolve)),
        close: () => void closed++,
      };
    },
  };
}
