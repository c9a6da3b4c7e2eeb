/** A field as others name it: in a tag or a file, and as people read it. */
export type Named = { readonly tag: string; readonly title: string };

/** Names that mean the same, in the languages marketers name fields in; without signs and in small letters. */
const families: readonly (readonly string[])[] = [
  ['firstname', 'fname', 'givenname', 'forename', 'vorname', 'prenom', 'primernombre', 'name1'],
  ['lastname', 'lname', 'surname', 'familyname', 'secondname', 'nachname', 'nomdefamille', 'apellido'],
  ['name', 'fullname', 'displayname', 'completename'],
  ['email', 'emailaddress', 'mail'],
  ['phone', 'phonenumber', 'mobile', 'mobilephone', 'telephone', 'tel', 'cell'],
  ['city', 'town', 'locality', 'stadt', 'ort', 'ville', 'ciudad'],
  ['country', 'countryname', 'land', 'pays', 'pais'],
  ['region', 'state', 'province', 'county', 'bundesland'],
  ['zip', 'zipcode', 'postcode', 'postalcode', 'plz'],
  ['company', 'companyname', 'organization', 'organisation', 'employer', 'firma'],
  ['jobtitle', 'title', 'role', 'position'],
  ['birthday', 'birthdate', 'dateofbirth', 'dob', 'geburtstag'],
  ['points', 'pointsbalance', 'pointbalance', 'loyaltypoints', 'rewardpoints', 'rewardspoints', 'bonuspoints'],
  ['tier', 'loyaltytier', 'viptier', 'rewardstier', 'loyaltylevel', 'memberlevel', 'membership', 'level'],
  [
    'avatar',
    'avatarurl',
    'photo',
    'photourl',
    'picture',
    'pictureurl',
    'profilepicture',
    'profileimage',
    'imageurl',
    'image',
  ],
  ['website', 'url', 'homepage', 'site'],
];

const MIN_PART = 5;

/** A name without what people write in different ways: `First Name`, `first_name` and `firstName` are one. */
const fold = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

const areKin = (a: string, b: string): boolean => families.some((names) => names.includes(a) && names.includes(b));

/**
 * How well others' field goes by a template's name: 4 the same, 3 another word for it, 2 the same or another word as
 * the last step of a path (`location.city`), 1 one is part of the other, 0 not at all.
 */
export function likeness(name: string, { tag, title }: Named): number {
  const wanted = fold(name);
  const whole = [fold(tag), fold(title)].filter((text) => text !== '');
  if (whole.includes(wanted)) return 4;
  if (whole.some((text) => areKin(wanted, text))) return 3;
  const last = fold(tag.slice(tag.lastIndexOf('.') + 1));
  if (last === wanted || areKin(wanted, last)) return 2;
  const isPart = (text: string, of: string) => text.length >= MIN_PART && of.includes(text);
  return whole.some((text) => isPart(text, wanted) || isPart(wanted, text)) ? 1 : 0;
}
