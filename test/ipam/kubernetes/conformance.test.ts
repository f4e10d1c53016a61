import { describeStore } from '../store-conformance.ts';
import { openFakeStore } from './fake-store.ts';

describeStore('the kubernetes store on a fake API server', () => openFakeStore());
