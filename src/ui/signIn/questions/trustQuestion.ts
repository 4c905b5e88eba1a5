import type { Clock } from '../../../platform/clock.ts';
import { whileRunning } from '../../../platform/once.ts';
import type { Memory } from '../../../platform/storage.ts';
import { inLines, l10n, shown, type Shown } from '../../../platform/shown.ts';
import type { Provider } from '../../../providers/entries/definition.ts';
import { hostsOf } from '../../../providers/entries/destination.ts';
import { changedTerms, type ChangedTerm, type Terms } from '../../../providers/entries/terms.ts';
import { askPersonWithin } from '../../../signIn/client/askingPerson.ts';
import { createTrust, type Trust, type TrustOptions, type Yes } from '../../../signIn/trust.ts';
import { askConsent, type Question } from '../../consent.ts';
import { readSignInSettings } from '../signInSettings.ts';

/** @param memory of this editor. Its windows share it, other computers don't. */
export function editorTrust(
  memory: Memory,
  clock: Clock,
  effects: Pick<TrustOptions, 'hasSignIns' | 'onAgreed'>,
): Trust {
  /** A dialog can't be closed by code: a later caller with the same question waits for the open one. */
  const open = whileRunning<Yes | false>();
  return createTrust({
    memory,
    ...effects,
    async ask(provider, before, signal) {
      const question = trustQuestion(provider, before);
      // No caller waits longer. A later sign-in asks again.
      const within = askPersonWithin(clock, readSignInSettings().timeouts.person, signal);
      try {
        return (await within(() => open(JSON.stringify(question), () => askConsent(question)))) ?? false;
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      }
    },
  });
}

/** @param before what the user agreed to, if it was something else. */
export function trustQuestion(provider: Provider, before: Terms | undefined): Question {
  const { label, issuer, certificates, contributedBy, service } = provider;
  const [host = issuer, ...others] = hostsOf(provider);
  const lines = [
    ...(certificates === undefined
      ? []
      : [
          l10n.t(
            'The environment variable NODE_TLS_REJECT_UNAUTHORIZED turns off the verification of server certificates. Anyone on the network can read your tokens.',
          ),
        ]),
    contributedBy === undefined
      ? l10n.t('{0}, from your settings', label)
      : l10n.t('{0}, provided by the extension {1}', label, contributedBy),
    // On some hosts the path tells one company from another.
    ...(new URL(issuer).pathname === '/' ? [] : [l10n.t('Issuer: {0}', issuer)]),
    ...others.map(other => l10n.t('Also uses {0}', other)),
    useOf(service),
  ];
  if (before === undefined)
    return {
      message: l10n.t('Sign in to {0} for the first time?', host),
      lines,
      button: l10n.t('Sign In'),
    };
  const changes = changedTerms(before, provider.terms).flatMap(changeLines);
  return {
    message: l10n.t('The settings for {0} have changed since you last agreed. Use them?', host),
    lines: [...lines, ...changes],
    button: l10n.t('Use Changed Settings'),
  };
}

/** What happens with a sign-in there, and with another one that it is made of. */
function useOf(service: Provider['service']): Shown {
  if (!service || !('from' in service))
    return l10n.t('Extensions that you allow will get access tokens from there.');
  const { way, from, fromIssuer } = service;
  const source = fromIssuer === undefined ? from : `${from} (${fromIssuer})`;
  return way === 'token-exchange'
    ? l10n.t(
        'The token of your sign-in to “{0}” is sent there, and extensions that you allow will get access tokens from there.',
        source,
      )
    : l10n.t(
        'Your sign-in to “{0}” is shown there, without its tokens, and extensions that you allow will get access tokens from there.',
        source,
      );
}

/** A change, old beside new. */
function changeLines({ name, before = l10n.t('nothing'), after = l10n.t('nothing') }: ChangedTerm): Shown[] {
  if (before.length + after.length < 200)
    return [l10n.t('{0} was {1} and is now {2}', shown(name), before, after)];
  return [l10n.t('{0} was:', name), ...inLines(before), l10n.t('{0} is now:', name), ...inLines(after)];
}
