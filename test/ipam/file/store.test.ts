import { describeStore } from '../store-conformance.ts';
import { openTemporary } from './temporary.ts';

describeStore('the file store', async () => openTemporary());
