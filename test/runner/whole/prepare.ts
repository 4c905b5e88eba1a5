/** Fetches what tests in an editor need, so that none of them has to wait for it: VS Code's server and Chromium. */
import { findChromium } from '../../editor/install/chromium.ts';
import { installCodeServer } from '../../editor/install/codeServerInstall.ts';

await Promise.all([installCodeServer(), findChromium()]);
