import { open as openMergepix } from './mergepix.mjs';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Mergepix for people whose names nobody had before, as long as the ones in the benchmark: no headline comes back. */
export async function open() {
  const { render } = await openMergepix();
  return { render: (person) => render({ ...person, first_name: strange(person) }) };
}

/** Other letters for each number of points, which are different for everybody. */
function strange({ first_name, points }) {
  let rest = points;
  return first_name.replace(/[a-z]/g, () => {
    const letter = LETTERS[rest % LETTERS.length];
    rest = (rest * 7 + 3) % 8999;
    return letter;
  });
}
