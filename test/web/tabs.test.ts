import { severalTabs } from '../endToEnd/windows/severalTabs.ts';
import { namePages } from '../stage/stage.ts';

severalTabs('several tabs of one person, with the extension in web workers', { webWorker: true }, namePages);
