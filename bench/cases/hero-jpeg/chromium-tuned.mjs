import { readInputs } from '../../hero/design.mjs';
import { heroPage } from '../../hero/page.mjs';
import { personAt, textsFor } from '../../hero/people.mjs';
import { prepare } from '../../hero/prepared.mjs';
import { openPage } from './chromium.mjs';

export { missing } from './chromium.mjs';

/** Chromium for one template only: pictures scaled beforehand, the page loaded once, the texts changed in place. */
export async function open() {
  const { page, sources, shoot, close } = await openPage(await prepare(await readInputs()));
  await page.setContent(heroPage(textsFor(personAt(0)), sources));
  return {
    async render(person) {
      await page.evaluate((texts) => {
        for (const [id, text] of Object.entries(texts)) document.getElementById(id).textContent = text;
      }, textsFor(person));
      return shoot();
    },
    close,
  };
}
