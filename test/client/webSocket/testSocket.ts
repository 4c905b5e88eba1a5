import assert from 'node:assert/strict';
import type * as Client from '../../../src/client/index.ts';

/** A socket whose server is the test. */
export class TestSocket implements Client.SocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  binaryType = '';
  readonly token: string;
  isOpen = false;
  constructor(token: string) {
    this.token = token;
  }
  send(): void {
    assert.ok(this.isOpen);
  }
  close(code = 1005, reason = ''): void {
    if (this.isOpen) this.end(code, reason);
  }
  begin(): void {
    this.isOpen = true;
    this.onopen?.({} as never);
  }
  end(code: number, reason = ''): void {
    this.isOpen = false;
    this.onclose?.({ code, reason } as never);
  }
}
