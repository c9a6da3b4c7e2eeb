import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** template.json in device pixels, for the subjects that do not read templates. */
export const design = {
  width: 1200,
  height: 600,
  quality: 82,
  shade: { from: 'rgba(12, 16, 44, 0.86)', to: 'rgba(12, 16, 44, 0.22)' },
  avatar: { x: 60, y: 48, size: 140 },
  credit: { x: 660, y: 40, width: 480, size: 100, weight: 700, leading: 110, color: '#ffffff', align: 'right' },
  label: { x: 660, y: 150, width: 480, size: 26, weight: 400, leading: 32, color: '#ffffff', align: 'right' },
  headline: { x: 60, y: 222, width: 1080, size: 64, weight: 700, leading: 76, color: '#ffffff', align: 'left' },
  subtitle: { x: 60, y: 392, width: 1080, size: 28, weight: 400, leading: 34, color: '#ffffff', align: 'left' },
  button: { x: 60, y: 472, width: 260, height: 64, radius: 32, color: '#ff5a36', text: 'See my offers', size: 26 },
};

/** What the label under the credit says. It is the same for everybody. */
export const LABEL = 'to spend this summer';

const require = createRequire(import.meta.url);

/** Paths of the two Inter files every subject uses, by weight. */
export const fontFiles = {
  400: require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  700: require.resolve('@expo-google-fonts/inter/700Bold/Inter_700Bold.ttf'),
};

const here = (name) => new URL(name, import.meta.url);

/** The bytes of the template and of the two pictures it uses. */
export async function readInputs() {
  const [template, photo, avatar] = await Promise.all(
    ['template.json', 'photo.jpg', 'avatar.jpg'].map((name) => readFile(here(name))),
  );
  return { template, photo, avatar };
}
