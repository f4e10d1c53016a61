import { assert, boolean, constantFrom, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type Sighting, type Verdict } from '../../../src/agent/cleanup/verdict.ts';

/** A sandbox that is gone as far as anybody can see. */
const gone: Sighting = {
  netns: 'gone',
  runtime: 'absent',
  linked: false,
  busy: false,
  beforeReboot: false,
  addressesOnly: false,
};

interface Case {
  readonly what: string;
  readonly sighting: Partial<Sighting>;
  readonly trusted?: boolean;
  readonly verdict: Verdict;
}

const cases: readonly Case[] = [
  { what: 'a sandbox that runtime and kernel have forgotten', sighting: {}, verdict: 'soon' },
  { what: 'one whose netns is there', sighting: { netns: 'there' }, verdict: 'alive' },
  { what: 'one that the runtime has', sighting: { runtime: 'ready' }, verdict: 'alive' },
  { what: 'one for which a call is under way', sighting: { busy: true }, verdict: 'alive' },
  { what: 'one that the kubelet will still call DEL for', sighting: { runtime: 'not-ready' }, verdict: 'late' },
  {
    what: 'one that ended with the machine, and that the kubelet will still call DEL for',
    sighting: { runtime: 'not-ready', beforeReboot: true },
    verdict: 'soon',
  },
  { what: 'one when no runtime answers', sighting: { runtime: 'unknown' }, verdict: 'late' },
  {
    what: 'one from before a reboot when no runtime answers',
    sighting: { runtime: 'unknown', beforeReboot: true },
    verdict: 'late',
  },
  { what: 'one whose netns cannot be seen from here', sighting: { netns: 'unclear' }, verdict: 'alive' },
  {
    what: 'one whose netns cannot be seen from here, from before a reboot',
    sighting: { netns: 'unclear', beforeReboot: true },
    verdict: 'soon',
  },
  {
    what: 'one whose netns cannot be seen from here, from before a reboot, when no runtime answers',
    sighting: { netns: 'unclear', beforeReboot: true, runtime: 'unknown' },
    verdict: 'alive',
  },
  {
    what: 'a link whose sandbox is forgotten, and the path of its netns gone',
    sighting: { linked: true },
    verdict: 'late',
  },
  {
    what: 'a link whose sandbox is not known to a runtime that has none at all',
    sighting: { linked: true },
    trusted: false,
    verdict: 'alive',
  },
  { what: 'a link when no runtime answers', sighting: { linked: true, runtime: 'unknown' }, verdict: 'alive' },
  { what: 'a link whose netns cannot be seen', sighting: { linked: true, netns: 'unclear' }, verdict: 'alive' },
  { what: 'an address alone', sighting: { addressesOnly: true, netns: 'unclear' }, verdict: 'soon' },
  {
    what: 'an address alone, beside a runtime that has no sandboxes at all',
    sighting: { addressesOnly: true, netns: 'unclear' },
    trusted: false,
    verdict: 'alive',
  },
  {
    what: 'an address alone whose sandbox the kubelet will still call DEL for',
    sighting: { addressesOnly: true, netns: 'unclear', runtime: 'not-ready' },
    verdict: 'alive',
  },
];

const sightings = record<Sighting>({
  netns: constantFrom('there', 'gone', 'unclear'),
  runtime: constantFrom('ready', 'not-ready', 'absent', 'unknown'),
  linked: boolean(),
  busy: boolean(),
  beforeReboot: boolean(),
  addressesOnly: boolean(),
});

describe('whether a sandbox is gone', () => {
  it.each(cases)('$what: $verdict', ({ sighting, trusted = true, verdict }) => {
    expect(judge({ ...gone, ...sighting }, { trusted })).toBe(verdict);
  });

  it('is never said of one that is ready, has a netns, or is being worked on', () => {
    assert(
      property(sightings, boolean(), (sighting, trusted) => {
        const isInUse = sighting.busy || sighting.netns === 'there' || sighting.runtime === 'ready';
        expect(isInUse && judge(sighting, { trusted }) !== 'alive').toBe(false);
      }),
    );
  });

  it('is never said of a link, or of an address alone, because nobody answers', () => {
    assert(
      property(sightings, (sighting) => {
        const isUnasked = (sighting.linked || sighting.addressesOnly) && sighting.runtime === 'unknown';
        expect(isUnasked && judge(sighting, { trusted: false }) !== 'alive').toBe(false);
      }),
    );
  });
});
