import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { speak } from '../editor/language.ts';
import { signInOnPage } from '../manifest/client/playwright.ts';
import type { Workbench } from '../editor/workbench.ts';
import { panelOf, pressInPanel } from '../editor/workbench/panel.ts';
import { treeViewOf } from '../editor/workbench/tree.ts';
import { eventually } from '../editor/workbench/waiting.ts';
import { people } from '../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../stage/stage.ts';

describe('a person whose editor speaks another language', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      providers: {
        oidc: { label: 'Firma' },
        strict: { label: 'Streng', clientId: 'editor', acceptsChangingRedirectUri: false },
        wrong: { label: 'Falsch', clientAuthentication: 'by shouting' },
      },
    });
    person = await stage.newPerson();
    await speak(person, 'de');
    window = await stage.openWindow(person, { agrees: false });
  });
  after(() => stage?.close());
  afterEach(() => window.clearNotifications());

  it('is told in German what is wrong in the settings', async () => {
    const buttons = ['Einstellungen öffnen', 'Nicht mehr anzeigen'];
    const { message } = await window.waitForNotification(/^Die Einstellung oidc\.providers hat Fehler/, {
      buttons,
    });
    assert.equal(
      message,
      'Die Einstellung oidc.providers hat Fehler: „wrong → clientAuthentication“: muss einer der Werte sein, die der Einstellungseditor vorschlägt. Andere Anbieter funktionieren weiter.',
    );
  });

  it('is shown a device code in German', async () => {
    await window.runCommand('OIDC: Anmelden');
    await window.quickInput.read(/^Mit welchem Identitätsanbieter/);
    await window.quickInput.pick('Streng');
    await window.acceptDialog('Anmelden', /^Zum ersten Mal bei/);
    const panel = panelOf(window.page);
    await window.waitForNotification(
      /^Anmeldung bei Streng: Geben Sie auf [\w.:]+ in einem beliebigen Browser den Code [A-Z-]+ ein/,
    );
    await panel.locator('#code').waitFor();
    const text = await panel.locator('main').innerText();
    assert.match(text, /^Mit einem Code bei Streng anmelden\n/);
    assert.match(text, /Ihr Browser kann nicht zu diesem Editor zurückkehren/);
    assert.match(
      text,
      /Öffnen Sie auf einem beliebigen Gerät idp\.localhost:\d+ und geben Sie diesen Code ein/,
    );
    assert.match(text, /Der Code gilt noch (10|\d):\d\d/);
    assert.match(text, /Geben Sie nie einen Code ein, den Ihnen jemand geschickt hat/);
    assert.equal(await panel.locator('html').getAttribute('lang'), 'de');
    await window.screenshot('german-device-code');
    await pressInPanel(window.page, 'Abbrechen');
  });

  it('signs in and sees who is signed in, and until when, in German', async () => {
    await window.runCommand('OIDC: Anmelden');
    await window.quickInput.read('Mit welchem Identitätsanbieter möchten Sie sich anmelden?');
    await window.quickInput.pick('Firma');
    const opened = window.nextPage();
    const { detail } = await window.acceptDialog('Anmelden', /^Zum ersten Mal bei idp\.localhost/);
    assert.equal(
      detail,
      'Firma, aus Ihren Einstellungen\nErweiterungen, denen Sie es erlauben, erhalten Zugriffstoken von dort.',
    );
    const page = await opened;
    const { message } = await window.waitForNotification(
      /^Anmeldung bei Firma: Fahren Sie in Ihrem Browser fort/,
    );
    assert.match(message, /fort\. Seite erneut öffnen · URL einfügen · Anderen Weg versuchen$/);
    await window.screenshot('german-signing-in');
    await signInOnPage(page, people.alice);
    await window.waitForNotification('Bei Firma als alice angemeldet.');

    await window.runCommand('OIDC: Anmeldungen anzeigen');
    const view = treeViewOf(window.page, 'Anmeldungen');
    assert.match(await view.waitForRow(/^alice \|/), /^alice \| noch (\d+ min|1 h 0 min) gültig$/);
    await eventually(async () => {
      const spoken = await view.spoken();
      assert.ok(
        spoken.some(text => /^alice, Konto bei Firma, noch (\d+ min|1 h 0 min) gültig/.test(text)),
        spoken.join('\n'),
      );
    });
    assert.match(
      await view.hint(/^alice \|/, 'Das Zugriffstoken ist bis'),
      /bis \d\d?\.\d\d?\.\d{4}, \d\d:\d\d gültig und wird automatisch erneuert/,
    );
    await window.screenshot('german-view');
  });

  it('reads a diagnosis in German, with no English left', async () => {
    await window.runCommand('OIDC: Anbieter untersuchen…');
    await window.quickInput.read('Welchen Identitätsanbieter möchten Sie untersuchen?');
    await window.quickInput.pick('Firma');
    const editor = window.page.locator('.monaco-editor[data-uri^="oidc-diagnosis:"]').first();
    await editor.getByText('Diagnose von Firma').waitFor();
    await eventually(async () => {
      const text = (await editor.locator('.view-lines').innerText()).replaceAll(/\s+/g, ' ');
      assert.match(
        text,
        /Fehlgeschlagen: \d+\. Warnungen: \d+\. Bestanden: \d+\. Dieser Bericht enthält keine Geheimnisse\./,
      );
      assert.match(
        text,
        /- OK Erreichbarkeit: idp\.localhost:\d+ hat nach \d+ ms mit Status 200 geantwortet/,
      );
      assert.doesNotMatch(text, /\b(?:the|is|are|of|not|with)\b/);
    });
    await window.screenshot('german-diagnosis');
  });

  it('speaks French, too', async () => {
    const french = await stage.newPerson();
    await speak(french, 'fr');
    const theirs = await stage.openWindow(french, { agrees: false });
    const buttons = ['Ouvrir les paramètres', 'Ne plus afficher'];
    const { message } = await theirs.waitForNotification(/^Le paramètre oidc\.providers contient/, {
      buttons,
    });
    assert.equal(
      message,
      'Le paramètre oidc.providers contient des erreurs\u00a0: «\u00a0wrong → clientAuthentication\u00a0»\u00a0: doit être l’une des valeurs que suggère l’éditeur de paramètres. Les autres fournisseurs continuent de fonctionner.',
    );
    await theirs.runCommand('OIDC: Se connecter');
    await theirs.quickInput.read('Avec quel fournisseur d’identité vous connecter\u00a0?');
    await theirs.quickInput.pick('Streng');
    await theirs.acceptDialog('Se connecter', /^Se connecter à .* pour la première fois/);
    const panel = panelOf(theirs.page);
    await panel.locator('#code').waitFor();
    const text = await panel.locator('main').innerText();
    assert.match(text, /^Se connecter à Streng avec un code\n/);
    assert.match(text, /Sur n’importe quel appareil, accédez à idp\.localhost:\d+ et entrez ce code\u00a0:/);
    assert.match(text, /Le code est encore valide (10|\d):\d\d/);
    assert.doesNotMatch(text, /\b(?:the|is|are|of|not|with)\b/);
    assert.equal(await panel.locator('html').getAttribute('lang'), 'fr');
    await theirs.screenshot('french-device-code');
    await pressInPanel(theirs.page, 'Annuler');
  });
});
