/**
 * The store's books in Redis, all under one prefix (KEYS[1]): `p:<key>` holds the bytes, `size` what each entry takes,
 * `use`, `end` and `pin` when each was used, expires and is pinned until, `t:<tag>` and `k:<key>` who belongs to whom,
 * `sum` the bytes in all. Every script changes them as one. A full Redis refuses a script's first growing command and
 * lets it go on once it has freed something, so freeing comes first.
 */
const BOOKS = `
local P, now, max = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local function sum(name) return tonumber(redis.call('HGET', P..'sum', name) or 0) end
local function count(name, bytes) redis.call('HINCRBY', P..'sum', name, bytes) end
local function forget(key)
  local size = redis.call('HGET', P..'size', key)
  if not size then return 0 end
  redis.call('UNLINK', P..'p:'..key)
  for _, tag in ipairs(redis.call('SMEMBERS', P..'k:'..key)) do redis.call('SREM', P..'t:'..tag, key) end
  redis.call('UNLINK', P..'k:'..key)
  redis.call('HDEL', P..'size', key)
  redis.call('ZREM', P..'use', key)
  redis.call('ZREM', P..'end', key)
  count('bytes', -size)
  if redis.call('ZREM', P..'pin', key) == 1 then count('pinned', -size) end
  return 1
end
local function tidy()
  local ended = redis.call('ZRANGEBYSCORE', P..'pin', '-inf', now, 'WITHSCORES', 'LIMIT', 0, 200)
  for i = 1, #ended, 2 do
    redis.call('ZREM', P..'pin', ended[i])
    redis.call('ZADD', P..'use', ended[i + 1], ended[i])
    count('pinned', -redis.call('HGET', P..'size', ended[i]))
  end
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', P..'end', '-inf', now, 'LIMIT', 0, 200)) do forget(key) end
  local evicted = 0
  while sum('bytes') > max do
    local oldest = redis.call('ZRANGE', P..'use', 0, 0)[1]
    if not oldest then break end
    evicted = evicted + forget(oldest)
  end
  return evicted
end
local function tag(key, name)
  if redis.call('HEXISTS', P..'size', key) == 0 or redis.call('SADD', P..'t:'..name, key) == 0 then return end
  redis.call('SADD', P..'k:'..key, name)
  redis.call('HINCRBY', P..'size', key, TAG_BYTES)
  count('bytes', TAG_BYTES)
  if redis.call('ZSCORE', P..'pin', key) then count('pinned', TAG_BYTES) end
end
local function extend(key, expires)
  redis.call('ZADD', P..'end', expires, key)
  redis.call('PEXPIREAT', P..'p:'..key, expires)
  redis.call('SETRANGE', P..'p:'..key, 0, struct.pack('<d', expires))
end
`;

/** By command: ARGV is the time in ms, the bound in bytes and what the command says. */
const bodies = {
  /** key, bytes behind their expiry as a double, size, expires, then its tags; gives how many others had to go. */
  keepPicture: `
local key, size, expires = ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6])
local pinned = tonumber(redis.call('ZSCORE', P..'pin', key) or 0)
local tags = redis.call('SMEMBERS', P..'k:'..key)
forget(key)
if size + sum('pinned') > max then return 0 end
redis.call('SET', P..'p:'..key, ARGV[4])
redis.call('HSET', P..'size', key, size)
count('bytes', size)
if pinned > 0 then
  redis.call('ZADD', P..'pin', pinned, key)
  count('pinned', size)
else
  redis.call('ZADD', P..'use', now, key)
end
extend(key, math.max(expires, pinned))
for _, name in ipairs(tags) do tag(key, name) end
for i = 7, #ARGV do tag(key, ARGV[i]) end
return tidy()`,
  /** key; gives whether it was there. */
  forgetPicture: `return forget(ARGV[3])`,
  /** key, tag, key, tag, …; gives how many had to go. */
  tagPictures: `
for i = 3, #ARGV, 2 do tag(ARGV[i], ARGV[i + 1]) end
return tidy()`,
  /** tag; gives how many of some hundred under it were there, and how many were looked at. */
  dropTag: `
local keys = redis.call('SRANDMEMBER', P..'t:'..ARGV[3], 200)
local dropped = 0
for _, key in ipairs(keys) do
  dropped = dropped + forget(key)
  redis.call('SREM', P..'t:'..ARGV[3], key)
end
return {dropped, #keys}`,
  /** Gives how many of some hundred entries, of all there are, were dropped. */
  dropSome: `
local dropped = 0
for _, list in ipairs({'use', 'pin'}) do
  for _, key in ipairs(redis.call('ZRANGE', P..list, 0, 199)) do dropped = dropped + forget(key) end
end
return dropped`,
  /** How many bytes may be pinned, until when, keys; gives how many were, how many bytes lack, and those missing. */
  pinPictures: `
local limit, till = tonumber(ARGV[3]), tonumber(ARGV[4])
tidy()
local missing, found, seen, added = {}, {}, {}, 0
for i = 5, #ARGV do
  local key = ARGV[i]
  if not seen[key] then
    seen[key] = true
    local size = redis.call('HGET', P..'size', key)
    if not size or redis.call('EXISTS', P..'p:'..key) == 0 then
      missing[#missing + 1] = key
    else
      found[#found + 1] = key
      if not redis.call('ZSCORE', P..'pin', key) then added = added + size end
    end
  end
end
local lacking = math.max(0, sum('pinned') + added - limit)
if lacking > 0 then return {0, lacking, missing} end
for _, key in ipairs(found) do
  local pinned = math.max(till, tonumber(redis.call('ZSCORE', P..'pin', key) or 0))
  redis.call('ZREM', P..'use', key)
  redis.call('ZADD', P..'pin', pinned, key)
  if pinned > tonumber(redis.call('ZSCORE', P..'end', key)) then extend(key, pinned) end
end
count('pinned', added)
return {#found, 0, missing}`,
  /** Gives the entries, their bytes and the pinned ones of these. */
  countPictures: `return {redis.call('HLEN', P..'size'), sum('bytes'), sum('pinned')}`,
} as const;

/** The name of a script. */
export type Script = keyof typeof bodies;

/** The scripts as ioredis takes them; `tagBytes` is what each tag of an entry counts for. */
export const scripts = (tagBytes: number): Record<Script, { lua: string; numberOfKeys: 1 }> =>
  Object.fromEntries(
    Object.entries(bodies).map(([name, body]) => [
      name,
      { lua: BOOKS.replaceAll('TAG_BYTES', String(tagBytes)) + body, numberOfKeys: 1 },
    ]),
  ) as Record<Script, { lua: string; numberOfKeys: 1 }>;
