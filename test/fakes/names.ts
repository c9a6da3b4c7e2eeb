/** Names as people really have them, and as strangers give them: whatever a platform, an address or HTML could trip over. */
export const hostileNames: readonly string[] = [
  ...['Amira', 'Dwayne "The Rock" Johnson', "O'Brien", 'Tom & Jerry', 'AT&amp;T', '<script>alert(1)</script>'],
  ...['"><img src=x>', '100%', '50% + 50%', 'a+b', 'C#', 'a=b&c=d', '%41', 'é ü ñ', '👩‍👩‍👧 Ayşe', 'سارة', '山田 太郎'],
  ...['two\nlines', 'a\\b', '{x}', 'a|b'],
];
