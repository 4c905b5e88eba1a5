import * as vscode from 'vscode';
import { setInText } from '../../providers/settings/settingsText.ts';
import type { ProviderDefinition } from '../../providers/entries/definition.ts';
import { window } from '../show.ts';
import { isEntries, key, section, userValue, writtenProviders } from '../../providers/entries/settings.ts';

const setting = `${section}.${key}`;
/** Opens the settings of the default profile, which has the settings of application scope of all profiles. */
export const openSettingsFile = 'workbench.action.openApplicationSettingsJson';

/** Adds a provider to the user's settings. Of an entry that has the ID already, only the fields change that differ. */
export const writeProvider = (id: string, definition: ProviderDefinition): Promise<void> => {
  const { [id]: current } = writtenProviders();
  if (!isEntries(current)) return write([[[id], definition]]);
  const fields: Record<string, unknown> = { ...definition };
  for (const field of Object.keys(current)) fields[field] ??= undefined;
  return changeProvider(id, fields);
};

/** Changes single fields of a provider in the user's settings. A value of undefined removes the field. */
export async function changeProvider(id: string, fields: Partial<ProviderDefinition>): Promise<void> {
  const { [id]: current } = writtenProviders();
  if (!isEntries(current)) return;
  const differs = ([field, value]: [string, unknown]): boolean =>
    JSON.stringify(current[field]) !== JSON.stringify(value);
  await write(
    Object.entries(fields)
      .filter(differs)
      .map(([field, value]) => [[id, field], value]),
  );
}

export const removeProvider = (id: string): Promise<void> => write([[[id], undefined]]);

/** New values by their paths within the setting. Undefined removes a member. */
type Changes = readonly (readonly [path: readonly string[], value: unknown])[];

/**
 * The editor's API replaces the whole setting, without the comments in it. So it writes the setting only if there is
 * none yet.
 *
 * @throws Error if the setting is no object of entries: nothing that a user wrote is overwritten.
 */
async function write(changes: Changes): Promise<void> {
  const current = userValue() ?? undefined;
  if (current !== undefined && !isEntries(current)) throw new Error('The setting is no object.');
  if (current !== undefined && (await writeText(changes))) return;
  const entries = changes.reduce<Readonly<Record<string, unknown>>>(
    (now, [path, value]) => setIn(now, path, value),
    current ?? {},
  );
  const value = Object.keys(entries).length > 0 ? entries : undefined;
  await vscode.workspace.getConfiguration(section).update(key, value, vscode.ConfigurationTarget.Global);
}

function setIn(
  object: Readonly<Record<string, unknown>>,
  [name = '', ...rest]: readonly string[],
  value: unknown,
): Readonly<Record<string, unknown>> {
  const { [name]: old, ...others } = object;
  const now = rest.length > 0 && isEntries(old) ? setIn(old, rest, value) : value;
  return now === undefined ? others : { ...object, [name]: now };
}

/**
 * Changes the text of the settings file and saves it, as the editor does with its own settings.
 *
 * @returns false if it doesn't have the setting as an object.
 * @throws Error if it has unsaved changes, or can't be read or saved: the user decides then.
 */
async function writeText(changes: Changes): Promise<boolean> {
  const document = await vscode.workspace.openTextDocument(await settingsFile());
  if (document.isDirty) throw new Error('The settings file has unsaved changes.');
  const before = document.getText();
  let text = before;
  for (const [path, value] of changes) {
    const changed = setInText(text, [setting, ...path], value);
    if (changed === undefined) return false;
    text = changed;
  }
  if (text === before) return true;
  if ((await replaceText(document, text)) && (await document.save())) return true;
  await replaceText(document, before);
  throw new Error('The settings file was not saved.');
}

/** Replaces only what differs. This keeps the cursor of an open editor in place. */
async function replaceText(document: vscode.TextDocument, text: string): Promise<boolean> {
  const old = document.getText();
  const shorter = Math.min(old.length, text.length);
  let start = 0;
  while (start < shorter && old[start] === text[start]) start++;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === text.at(-1 - end)) end++;
  const range = new vscode.Range(document.positionAt(start), document.positionAt(old.length - end));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, text.slice(start, text.length - end));
  return vscode.workspace.applyEdit(edit);
}

let known: vscode.Uri | undefined;

/** Where the settings file is. The editor tells only by showing it, so its tab is closed again. */
async function settingsFile(): Promise<vscode.Uri> {
  if (known) return known;
  const { tabGroups } = window;
  const place = (tab: vscode.Tab): string =>
    `${tab.group.viewColumn} ${tab.input instanceof vscode.TabInputText ? tab.input.uri.toString() : ''}`;
  const before = new Set(tabGroups.all.flatMap(({ tabs }) => tabs.map(place)));
  await vscode.commands.executeCommand(openSettingsFile);
  const tab = tabGroups.activeTabGroup.activeTab;
  if (!(tab?.input instanceof vscode.TabInputText) || !tab.input.uri.path.endsWith('/settings.json'))
    throw new Error('The editor shows no settings file.');
  known = tab.input.uri;
  if (!before.has(place(tab))) await tabGroups.close(tab);
  return known;
}
