import * as vscode from 'vscode';
import { createTreeItem, type TreeItem } from '../show.ts';
import type { Line } from './lines.ts';
import type { Row } from './rows.ts';

/**
 * Makes the editor's item for a line. Icons differ in shape, not in color alone. A separate file, because it is loaded
 * when the view is first shown (docs/decisions/0024).
 */
export function treeItem(line: Line): TreeItem {
  const { row } = line;
  const item = createTreeItem(row.label, collapsible(row));
  item.id = row.id;
  item.description = row.description;
  item.tooltip = row.tooltip;
  item.iconPath = icon(row);
  item.contextValue = [row.kind, row.state].filter(part => part !== undefined).join('.');
  item.accessibilityInformation = { label: row.spoken };
  if (row.kind === 'sign-in') {
    item.command = { command: 'oidc.signIn', title: row.tooltip, arguments: [row.providerId] };
  }
  if (row.kind === 'waiting' || row.kind === 'unused') {
    item.command = { command: 'oidc.reviewChanges', title: row.tooltip, arguments: [line] };
  }
  return item;
}

function collapsible({ kind, children }: Row): vscode.TreeItemCollapsibleState {
  if (children.length === 0) return vscode.TreeItemCollapsibleState.None;
  return kind === 'provider'
    ? vscode.TreeItemCollapsibleState.Expanded
    : vscode.TreeItemCollapsibleState.Collapsed;
}

function icon({ kind, state }: Row): vscode.ThemeIcon {
  const themed = (name: string, color?: string) =>
    new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));
  if (state === 'needs-sign-in') return themed('warning', 'list.warningForeground');
  if (state === 'offline') return themed('debug-disconnect', 'list.warningForeground');
  switch (kind) {
    case 'provider':
      return themed('shield');
    case 'account':
      return themed('account');
    case 'session':
      return themed(state === 'ending' ? 'clock' : 'key');
    case 'sign-in':
      return themed('sign-in');
    case 'unused':
    case 'waiting':
      return themed('question', 'list.warningForeground');
  }
}
