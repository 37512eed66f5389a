-- lease.lua: the stamps of one table that a read depends on, taken before the
-- database is asked. It is the Lease of the protocol, see package store.
--
-- KEYS   1  the table's registry: a hash of "v", the version; of "t", the longest
--           time in ms that an entry of the table was to live; and of "s" and a
--           scheme each, with the tokens that wait for it
--        2  the epoch
--        3  the live fences of the table: a sorted set of tokens by deadline
--        4  the stamp of queries that depend on every row
--        5+ the stamps of the conjunctions
-- ARGV   1  how long the stamps shall live at least, in ms
--        2  the version of the caller's copy of the registry, "" for none
--        3  a new version, in case the registry changes
--        4  fresh stamps of 16 bytes each: one for the epoch, one for the stamp of
--           every row, and one for each conjunction
--        5+ the schemes of the conjunctions, each once
-- Result 1  the stamps, 16 bytes each, in the order of KEYS: the epoch, and then the
--           conjunctions, or KEYS[4] where there are none; "" when one is fenced
--        2  the registry's version
--        3  the schemes, as a list, when the caller's copy is of another version
--
-- A live stamp is a string of 16 bytes. A fenced one is a sorted set of tokens by
-- deadline, so that no plain read takes it for a value. A token whose deadline has
-- passed is gone.
--
-- O(conjunctions + schemes * fences that a scheme waits for), and O(schemes of the table)
-- where the caller's copy is of another version.

local registry, epoch, live, whole = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ttl = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local conjs = #KEYS - 4

local function fresh(i) return string.sub(ARGV[4], 16 * i + 1, 16 * i + 16) end

-- lives has a key live at least as long as an entry. It is set to twice the time,
-- so that it is set seldom.
local function lives(key)
	if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, 2 * ttl) end
end

-- pruned drops the tokens that are over, and tells how many are left.
local function pruned(key)
	if redis.call('ZCARD', key) == 0 then return 0 end
	redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
	return redis.call('ZCARD', key)
end

-- leased returns the stamp of a key, made if there is none, or nil when it is
-- fenced. With anew a value that is there is replaced.
local function leased(key, value, anew)
	local kind = redis.call('TYPE', key).ok
	if kind == 'zset' then
		if pruned(key) > 0 then return nil end
	elseif kind == 'string' and not anew then
		local stamp = redis.call('GET', key)
		if #stamp == 16 then
			lives(key)
			return stamp
		end
	end
	redis.call('SET', key, value, 'PX', 2 * ttl)
	return value
end

-- own drops what is under a key and is not of the kind that is kept there. Who put it
-- there took ours away, as an eviction does.
local function own(key, kind)
	local is = redis.call('TYPE', key).ok
	if is ~= kind and is ~= 'none' then redis.call('DEL', key) end
end

own(registry, 'hash')
own(live, 'zset')
local writers = pruned(live)

-- The schemes may be lost although the epoch is there: then writers could not be
-- told the conjunctions of the entries leased under it, so its value is replaced.
-- Its tokens stay.
local version = redis.call('HGET', registry, 'v')
local lost = not version or #version ~= 8
if lost then redis.call('DEL', registry) end
local stamps = { leased(epoch, fresh(0), lost) }
local fenced = not stamps[1]

-- Every scheme is registered, also when the answer is known already: the writers
-- of the next changes shall know it.
local changed = lost
for i = 5, #ARGV do
	local field = 's' .. ARGV[i]
	local pending = redis.call('HGET', registry, field)
	if not pending then
		-- Writers that live now do not know of it: it cannot be leased before
		-- they are gone.
		pending = writers > 0 and table.concat(redis.call('ZRANGE', live, 0, -1)) or ''
		redis.call('HSET', registry, field, pending)
		changed = true
	end
	if pending ~= '' then
		local waits = false
		for at = 1, #pending, 16 do
			if redis.call('ZSCORE', live, string.sub(pending, at, at + 15)) then
				waits = true
				break
			end
		end
		if waits then
			fenced = true
		else
			redis.call('HSET', registry, field, '')
		end
	end
end
if changed then
	version = ARGV[3]
	redis.call('HSET', registry, 'v', version)
end
if ttl > tonumber(redis.call('HGET', registry, 't') or 0) then redis.call('HSET', registry, 't', ARGV[1]) end
lives(registry)

if conjs == 0 and not fenced then
	if writers > 0 then
		fenced = true
	else
		stamps[2] = leased(whole, fresh(1), false)
		fenced = not stamps[2]
	end
end
for i = 1, conjs do
	if fenced then break end
	stamps[i + 1] = leased(KEYS[4 + i], fresh(1 + i), false)
	fenced = not stamps[i + 1]
end

local schemes = false
if version ~= ARGV[2] then
	schemes = {}
	for _, field in ipairs(redis.call('HKEYS', registry)) do
		if string.sub(field, 1, 1) == 's' then schemes[#schemes + 1] = string.sub(field, 2) end
	end
end
return { fenced and '' or table.concat(stamps), version, schemes }
