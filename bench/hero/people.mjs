const NAMES = [
  'Amira',
  'James',
  'Priyanka',
  'Søren',
  'Wei',
  'Oluwaseun',
  'Maria Fernanda',
  'Bartholomew',
  'Zoë',
  'Alexandrina',
  'Jean-Christophe',
];
const TIERS = ['Gold', 'Silver', 'Bronze'];
const CITIES = ['London', 'São Paulo', 'Kraków', 'Lagos', 'Vancouver', 'Llanfairpwllgwyngyll', 'Rome'];

/**
 * The values of the n-th person. Two people among any 8,999 in a row never share a picture: points are different for
 * each, so that no subject can answer from memory.
 */
export const personAt = (n) => ({
  first_name: NAMES[n % NAMES.length],
  tier: TIERS[n % TIERS.length],
  city: CITIES[n % CITIES.length],
  points: 1000 + ((n * 7919) % 8999),
});

const count = new Intl.NumberFormat('en-US');
const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

/** The three texts the template writes for a person, for the subjects that have no template language. */
export const textsFor = ({ first_name, tier, city, points }) => ({
  credit: dollars.format(points / 100),
  headline: `Welcome back, ${first_name}! Your rewards are waiting`,
  subtitle: `${tier} tier · ${count.format(points)} points · ${city}`,
});
