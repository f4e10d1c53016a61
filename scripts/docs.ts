import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage, withTables } from './reference.ts';

// `npm run docs`
writeFileSync(configurationPage, withTables(readFileSync(configurationPage, 'utf8')));
