/** Where the fields of ELF64, little-endian, are: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html */
const header = { sectionsAt: 40, sectionSize: 58, sectionCount: 60, namesIndex: 62 };
const section = { name: 0, flags: 8, offset: 24, size: 32, link: 40 };
const allocated = 2n;

interface Section {
  readonly name: string;
  readonly entry: Buffer;
  readonly data: Buffer;
  readonly loaded: boolean;
}

/**
 * Removes symbols and debug sections, as `strip` does, from an ELF64 file for any processor: binutils
 * may be missing, and Debian's knows no ARM. What is loaded into memory stays where it is.
 * Only for an executable into which nothing was injected yet.
 *
 * @throws TypeError when the file is not such an ELF file
 */
export function stripElf(file: Buffer): Buffer {
  if (file.toString('latin1', 0, 6) !== '\u007FELF\u0002\u0001') throw new TypeError('not a little-endian ELF64 file');
  const sections = readSections(file);
  const kept = sections.filter(({ name }) => !/^\.(?:symtab|strtab|debug_.*)$/.test(name));
  if (kept.some(({ loaded, entry }) => !loaded && entry.readUInt32LE(section.link) !== 0))
    throw new TypeError('a section that stays refers to another by number');
  return layOut(file, sections, kept);
}

function readSections(file: Buffer): Section[] {
  const start = Number(file.readBigUInt64LE(header.sectionsAt));
  const size = file.readUInt16LE(header.sectionSize);
  const entries = Array.from({ length: file.readUInt16LE(header.sectionCount) }, (_, index) =>
    file.subarray(start + index * size, start + (index + 1) * size),
  );
  const names = contents(file, entries[file.readUInt16LE(header.namesIndex)]);
  return entries.map((entry) => ({
    name: nameAt(names, entry.readUInt32LE(section.name)),
    entry,
    data: contents(file, entry),
    loaded: (entry.readBigUInt64LE(section.flags) & allocated) !== 0n,
  }));
}

function contents(file: Buffer, entry: Buffer | undefined): Buffer {
  if (entry === undefined) throw new TypeError('the table of section names is missing');
  const offset = Number(entry.readBigUInt64LE(section.offset));
  return file.subarray(offset, offset + Number(entry.readBigUInt64LE(section.size)));
}

function nameAt(names: Buffer, offset: number): string {
  return names.toString('latin1', offset, names.indexOf(0, offset));
}

/** The loaded part as it was, then the other sections that stay, then the table. */
function layOut(file: Buffer, all: readonly Section[], kept: readonly Section[]): Buffer {
  const tail = kept.filter(({ loaded, name }) => !loaded && name !== '');
  const start = Math.min(
    ...all.filter(({ loaded, name }) => !loaded && name !== '').map(({ data }) => data.byteOffset - file.byteOffset),
  );
  const pieces: Buffer[] = [Buffer.from(file.subarray(0, start))];
  let end = start;
  for (const { entry, data } of tail) {
    const padding = (8 - (end % 8)) % 8;
    entry.writeBigUInt64LE(BigInt(end + padding), section.offset);
    pieces.push(Buffer.alloc(padding), data);
    end += padding + data.length;
  }
  return finish(pieces, end, kept);
}

function finish(pieces: readonly Buffer[], end: number, kept: readonly Section[]): Buffer {
  const padding = (8 - (end % 8)) % 8;
  const file = Buffer.concat([...pieces, Buffer.alloc(padding), ...kept.map(({ entry }) => entry)]);
  file.writeBigUInt64LE(BigInt(end + padding), header.sectionsAt);
  file.writeUInt16LE(kept.length, header.sectionCount);
  file.writeUInt16LE(
    kept.findIndex(({ name }) => name === '.shstrtab'),
    header.namesIndex,
  );
  return file;
}
