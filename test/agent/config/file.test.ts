import { describe, expect, it } from 'vitest';
import { agentFileReader } from '../../../src/agent/config/file.ts';
import { failureOf } from '../../failure-of.ts';

/** A file that is there, or cannot be read. */
function reader(first: string | Error) {
  const file = { content: first };
  const read = (): Buffer => {
    if (file.content instanceof Error) throw file.content;
    return Buffer.from(file.content);
  };
  return { file, settings: agentFileReader({ read }, '/a.conf') };
}

describe('the file of the agent', () => {
  it('is not made sense of anew while it is as it was', () => {
    const { file, settings } = reader('nodeName: one');
    const first = settings();
    file.content = 'nodeName: one';
    expect(settings()).toBe(first);
    file.content = 'nodeName: two';
    expect(settings().nodeName).toBe('two');
  });

  it('is refused as long as it is wrong, and not a moment longer', () => {
    const { file, settings } = reader('nodeNam: one');
    expect(failureOf(settings)).toContain('nodeNam');
    expect(failureOf(settings)).toContain('nodeNam');
    file.content = new Error('EACCES');
    expect(failureOf(settings)).toContain('the agent configuration /a.conf cannot be read: EACCES');
    file.content = 'nodeName: one';
    expect(settings().nodeName).toBe('one');
  });
});
