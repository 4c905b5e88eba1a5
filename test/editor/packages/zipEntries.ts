/** The files of a ZIP archive, from its central directory (APPNOTE 4.3.12): each with what it takes there, in bytes. */
export function zipSizes(archive: Buffer): Map<string, number> {
  const sizes = new Map<string, number>();
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map(offset => archive.readUInt16LE(at + offset));
    const entry = 46 + name + extra + comment;
    // Each name is there twice: before the contents, and in the directory.
    const whole = entry + 30 + name + archive.readUInt32LE(at + 20);
    sizes.set(archive.toString('utf8', at + 46, at + 46 + name), whole);
    at += entry;
  }
  return sizes;
}

/** The names in a ZIP archive. */
export const zipEntries = (archive: Buffer): string[] => [...zipSizes(archive).keys()];

/** The most bytes that our package takes without its translations, with one of them, and that one takes. */
export const packageLimits = { untranslated: 248_000, translated: 284_000, language: 36_500 };

/** What a package takes without its translations, and each of these, in bytes. */
export function packageSizes(archive: Buffer): {
  readonly untranslated: number;
  readonly languages: ReadonlyMap<string, number>;
} {
  const languages = new Map<string, number>();
  for (const [name, size] of zipSizes(archive)) {
    const language = /\/(?:package\.nls|l10n\/bundle\.l10n)\.([\w-]+)\.json$/.exec(name)?.[1];
    if (language !== undefined) languages.set(language, (languages.get(language) ?? 0) + size);
  }
  const translated = [...languages.values()].reduce((sum, size) => sum + size, 0);
  return { untranslated: archive.byteLength - translated, languages };
}
