-- lease.lua: the place of an entry, taken before the database is asked. It is the Lease
-- of sets mode: the place is listed in the set of all that the read depends on, so that
-- whoever empties one of them takes the place away, and a fill finds it no more.
--
-- KEYS   1  the place of the entry
--        2  the global epoch: a sorted set of tokens while everything is fenced
--        3  the names of the sets in which all of the database's entries are
--        4  the set of entries that depend on no table
--        and for each table
--        1  its registry: a hash of "v", the version; and of "s" and a scheme each, with
--           the tokens that wait for it
--        2  its epoch: a sorted set of tokens while the table is fenced
--        3  its live fences: a sorted set of tokens by deadline
--        4  the set of entries that depend on every row
--        5  the set of entries that depend on conjunctions
--        6+ the sets of the conjunctions. Beside each, with ":f" after its name, are its
--           fences while there are any
-- ARGV   1  the entry's name in the sets
--        2  a fresh value of 16 bytes for the place
--        3  how long the place shall live, in ms
--        4  how long the sets shall live at least, in ms
--        5  what goes before an entry's name in its key
--        6  how many entries may be dropped
--        and for each table
--        1  the number of its conjunctions
--        2  the version of the caller's copy of the registry, "" for none
--        3  a new version, in case the registry changes
--        4  the number of schemes, and these, each once
-- Result 1  the value of the place, or of the entry that is there; "" when it is fenced
--        and for each table its registry's version, and the schemes, as a list, when the
--        caller's copy is of another version
--
-- O(conjunctions + schemes * fences that a scheme waits for).

local name, life = ARGV[1], tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local room = tonumber(ARGV[6])
-- The place may hold an entry of one who analysed the query in another way, and asked for
-- more time. The sets of this one outlive it too.
life = math.max(life, redis.call('PTTL', KEYS[1]))

-- own drops what is under a key and is not of the kind that is kept there.
local function own(key, kind)
	local is = redis.call('TYPE', key).ok
	if is ~= kind and is ~= 'none' then redis.call('DEL', key) end
end

-- pruned drops the tokens that are over, and tells how many are left.
local function pruned(key)
	if redis.call('TYPE', key).ok ~= 'zset' then return 0 end
	redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
	return redis.call('ZCARD', key)
end

-- drop deletes the entries of names. A joined entry, whose name ends with j, is taken out
-- of all its sets, which it names from byte 36 on, one a line, with the length in the 4
-- bytes before: another time it may depend on something else. It tells what that took.
local function drop(names)
	local keys, cost = {}, #names
	for i = 1, #names do
		keys[i] = ARGV[5] .. names[i]
		if string.sub(names[i], -1) == 'j' and redis.call('TYPE', keys[i]).ok == 'string' then
			local a, b, c, d = string.byte(redis.call('GETRANGE', keys[i], 32, 35), 1, 4)
			if d and a == 0 then
				local lines = redis.call('GETRANGE', keys[i], 36, 35 + b * 65536 + c * 256 + d)
				for set in string.gmatch(lines, '[^\n]+') do
					redis.pcall('SREM', set, names[i])
					cost = cost + 1
				end
			end
		end
	end
	redis.call('UNLINK', unpack(keys))
	return cost
end

-- emptied drops the entries of a set, as many as there is room for, and tells whether
-- it is empty.
local function emptied(set)
	-- What is done when names are taken out is tried first, on a key that nobody has: an
	-- error then, as for a right that is missing, would leave entries that no set lists.
	redis.call('UNLINK', ARGV[5] .. '-')
	redis.call('GETRANGE', ARGV[5] .. '-', 0, 0)
	own(set, 'set')
	local some = 4 -- at a time, as long as they take little
	while room > 0 do
		local names = redis.call('SPOP', set, math.min(room, some))
		if #names == 0 then return true end
		local cost = drop(names)
		room = room - cost
		some = cost == #names and math.min(2 * some, 256) or 1
	end
	return redis.call('EXISTS', set) == 0
end

local fenced = pruned(KEYS[2]) > 0
local sets, tables, result = {}, {}, { '' }
local key, arg = 5, 7
while key <= #KEYS do
	local registry, epoch, live, whole, members = unpack(KEYS, key, key + 4)
	local conjs, known, schemes = tonumber(ARGV[arg]), ARGV[arg + 1], tonumber(ARGV[arg + 3])
	own(registry, 'hash')
	local writers = pruned(live)
	if pruned(epoch) > 0 then fenced = true end

	-- The schemes may be lost although entries are there, which no writer would find.
	local version = redis.call('HGET', registry, 'v') or ''
	local lost = #version ~= 8
	if lost then
		redis.call('DEL', registry)
		version = ''
		local gone = emptied(members)
		lost = emptied(whole) and gone
		if not lost then fenced = true end
	end
	if lost or version ~= '' then
		local changed = lost
		for i = arg + 4, arg + 3 + schemes do
			local field = 's' .. ARGV[i]
			local pending = redis.call('HGET', registry, field)
			if not pending then
				-- Writers that live now do not know of it: it cannot be leased
				-- before they are gone.
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
			version = ARGV[arg + 2]
			redis.call('HSET', registry, 'v', version)
		end
		if redis.call('PTTL', registry) < life then redis.call('PEXPIRE', registry, 2 * life) end
	end

	if conjs == 0 then
		if writers > 0 then fenced = true end
		sets[#sets + 1] = whole
	else
		for i = key + 5, key + 4 + conjs do
			if pruned(KEYS[i] .. ':f') > 0 then fenced = true end
			sets[#sets + 1] = KEYS[i]
		end
		sets[#sets + 1] = members
	end
	tables[#tables + 1] = whole
	tables[#tables + 1] = members

	result[#result + 1] = version
	local told = false
	if version ~= known then
		told = {}
		for _, field in ipairs(redis.call('HKEYS', registry)) do
			if string.sub(field, 1, 1) == 's' then told[#told + 1] = string.sub(field, 2) end
		end
	end
	result[#result + 1] = told
	key, arg = key + 5 + conjs, arg + 4 + schemes
end
if fenced then return result end

if #sets == 0 then
	sets[1] = KEYS[4]
	tables[1] = KEYS[4]
end
own(KEYS[3], 'zset')
for i = 1, #tables do redis.call('ZADD', KEYS[3], 'NX', 0, tables[i]) end
-- A set outlives its entries.
for i = 1, #sets do
	own(sets[i], 'set')
	local left = redis.call('PTTL', sets[i])
	redis.call('SADD', sets[i], name)
	if left == -2 or left >= 0 and left < life then redis.call('PEXPIRE', sets[i], 2 * life) end
end
own(KEYS[1], 'string')
result[1] = redis.call('GETRANGE', KEYS[1], 0, 15)
if #result[1] ~= 16 then
	result[1] = ARGV[2]
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return result
