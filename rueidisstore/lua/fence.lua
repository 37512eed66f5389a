-- fence.lua: right before a transaction commits, what it changes in one table
-- loses its values and gets the transaction's token with a deadline. It is the
-- Fence of the protocol, see package store.
--
-- KEYS   1  the table's registry, see lease.lua
--        2  the epoch
--        3  the live fences of the table: a sorted set of tokens by deadline
--        4  the stamp of queries that depend on every row
--        5+ the stamps of the conjunctions that the row images match
-- ARGV   1  the token
--        2  how long it lives, in ms
--        3  "1" for the epoch: anything may have changed; "0" for the conjunctions
--        4  the version of the registry that they were worked out from, "" for none
--        5  how long the keys shall live at least, in ms
-- Result 1  "1" when it was done, "0" when the version is another
--        2  the registry's version, "" for none
--        3  the schemes, as a list, when the caller's copy is of another version
--        4  "1" when no entry of the table can be valid
--
-- O(conjunctions * log(fences)), and O(schemes) where the caller's copy is of another
-- version.

local registry, epoch, live, whole = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, ttl = ARGV[1], tonumber(ARGV[2])
-- own drops what is under a key and is not of the kind that is kept there. Who put it
-- there took ours away, as an eviction does.
local function own(key, kind)
	local is = redis.call('TYPE', key).ok
	if is ~= kind and is ~= 'none' then redis.call('DEL', key) end
end

own(registry, 'hash')
own(live, 'zset')
-- The keys outlive the table's entries, so that an eviction by the time left does
-- not take fences first.
local keep = math.max(tonumber(ARGV[5]), tonumber(redis.call('HGET', registry, 't') or 0))
local version = redis.call('HGET', registry, 'v') or ''
if #version ~= 8 and version ~= '' then
	redis.call('DEL', registry)
	version = ''
end

local schemes = false
if version ~= ARGV[4] then
	schemes = {}
	for _, field in ipairs(redis.call('HKEYS', registry)) do
		if string.sub(field, 1, 1) == 's' then schemes[#schemes + 1] = string.sub(field, 2) end
	end
	if ARGV[3] == '0' then
		local unread = version == '' and redis.call('TYPE', epoch).ok ~= 'string'
		return { '0', version, schemes, unread and '1' or '0' }
	end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The first command that writes is one that Redis takes without memory to spare:
-- it lets those after it through, and a write shall not fail because a cache is
-- full.
redis.call('DEL', whole)

-- token_on puts the token on a key.
local function token_on(key)
	redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
	redis.call('ZADD', key, now + ttl, token)
	if redis.call('PTTL', key) < keep then redis.call('PEXPIRE', key, 2 * keep) end
end

local function fence(key)
	if redis.call('TYPE', key).ok ~= 'zset' then redis.call('DEL', key) end
	token_on(key)
end

token_on(live)
if ARGV[3] == '1' then
	fence(epoch)
elseif version == '' then
	-- The schemes are lost: all that was leased under the epoch is void.
	if redis.call('TYPE', epoch).ok ~= 'zset' then redis.call('DEL', epoch) end
else
	for i = 5, #KEYS do fence(KEYS[i]) end
end
return { '1', version, schemes, version == '' and '1' or '0' }
