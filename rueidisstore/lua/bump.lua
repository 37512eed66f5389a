-- bump.lua: after a transaction has ended, what it changed in one table loses the
-- transaction's token, and any value, also where the token is gone. The tokens of
-- others stay. It is the Bump of the protocol, see package store.
--
-- KEYS   as in fence.lua
-- ARGV   1  the token
--        2  how long it lives, in ms, where it is kept
--        3  "1" for the epoch, "0" for the conjunctions
--        4  the version of the registry that they were worked out from, "" for none
--        5  how long the keys shall live at least, in ms
--        6  "1" to keep the token, or to put it back: the outcome is unknown
-- Result as in fence.lua
--
-- O(conjunctions * log(fences)), and O(schemes) where the caller's copy is of another
-- version.

local registry, epoch, live, whole = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, ttl = ARGV[1], tonumber(ARGV[2])
local kept = ARGV[6] == '1'
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

-- First a command that Redis takes without memory to spare, see fence.lua.
redis.call('DEL', whole)

local function settle(key)
	redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
	if kept then
		redis.call('ZADD', key, now + ttl, token)
		if redis.call('PTTL', key) < keep then redis.call('PEXPIRE', key, 2 * keep) end
	else
		redis.call('ZREM', key, token)
	end
end

local function bump(key)
	if redis.call('TYPE', key).ok ~= 'zset' then redis.call('DEL', key) end
	settle(key)
end

settle(live)
if ARGV[3] == '1' then
	bump(epoch)
elseif version == '' then
	-- The schemes are lost: all that was leased under the epoch is void.
	if redis.call('TYPE', epoch).ok ~= 'zset' then redis.call('DEL', epoch) end
else
	for i = 5, #KEYS do bump(KEYS[i]) end
end
return { '1', version, schemes, version == '' and '1' or '0' }
