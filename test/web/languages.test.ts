import assert from 'node:assert/strict';
import { speak } from '../editor/language.ts';
import { panelOf, pressInPanel } from '../editor/workbench/panel.ts';
import { eventually } from '../editor/workbench/waiting.ts';
import type { Workbench } from '../editor/workbench.ts';
import { namePages, openStage, type Stage } from '../stage/stage.ts';

const languages = {
  de: {
    signIn: 'Anmelden',
    question: /^Zum ersten Mal bei localhost:\d+ anmelden\?$/,
    message: /^Anmeldung bei Streng: Geben Sie auf [\w.:]+ in einem beliebigen Browser den Code [A-Z-]+ ein/,
    title: /^Mit einem Code bei Streng anmelden\n/,
    left: /Der Code gilt noch (10|\d):\d\d/,
    cancel: 'Abbrechen',
  },
  fr: {
    signIn: 'Se connecter',
    question: /^Se connecter à localhost:\d+ pour la première fois\s\?$/,
    message:
      /^Connexion à Streng: Accédez à [\w.:]+ dans n’importe quel navigateur et entrez le code [A-Z-]+\./,
    title: /^Se connecter à Streng avec un code\n/,
    left: /Le code est encore valide (10|\d):\d\d/,
    cancel: 'Annuler',
  },
};

for (const [language, texts] of Object.entries(languages))
  describe(`the extension in the web worker of an editor that speaks ${language}`, function () {
    this.timeout(240_000);
    let stage: Stage;
    let window: Workbench;

    before(async () => {
      stage = await openStage({
        webWorker: true,
        providers: { oidc: { label: 'Streng', clientId: 'editor', acceptsChangingRedirectUri: false } },
      });
      const person = await stage.newPerson();
      await speak(person, language);
      window = await stage.openWindow(person, { agrees: false });
      namePages(stage);
    });
    after(() => stage?.close());

    it('speaks it, too', async () => {
      // Of an extension that no marketplace has brought, the editor looks for the commands in one language only.
      await window.runCommand('OIDC: Sign In');
      await window.acceptDialog(texts.signIn, texts.question);
      await window.waitForNotification(texts.message);
      const panel = panelOf(window.page);
      await panel.locator('#code').waitFor();
      await eventually(async () => {
        const text = await panel.locator('main').innerText();
        assert.match(text, texts.title);
        assert.match(text, texts.left);
      });
      assert.equal(await panel.locator('html').getAttribute('lang'), language);
      await window.screenshot(`web-worker-${language}`);
      await pressInPanel(window.page, texts.cancel);
    });
  });
