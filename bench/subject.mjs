// One subject in a process of its own. Takes the module to load as its argument and orders over the process channel.
import { personAt } from './hero/people.mjs';

const subject = await import(process.argv[2]);
const skipped = subject.missing?.();
const renderer = skipped ? undefined : await subject.open();

const orders = {
  async picture({ person }) {
    return { bytes: Buffer.from(await renderer.render(personAt(person))) };
  },

  /** Renders one person after another until the time is up, and at least `least` of them. Times are in ms. */
  async round({ first, least, budget }) {
    const times = [];
    const sizes = [];
    const end = performance.now() + budget;
    while (times.length < least || performance.now() < end) {
      const person = personAt(first + times.length);
      const start = performance.now();
      const bytes = await renderer.render(person);
      times.push(performance.now() - start);
      sizes.push(bytes.length);
    }
    return { times, sizes };
  },

  async close() {
    await renderer?.close?.();
    setImmediate(() => process.disconnect());
    return {};
  },
};

process.on('message', async (order) => {
  try {
    process.send(await orders[order.type](order));
  } catch (error) {
    process.send({ failed: error.stack ?? String(error) });
  }
});
process.send({ skipped });
