import { severalTabs } from './severalTabs.ts';

severalTabs('several tabs of one person', {});
