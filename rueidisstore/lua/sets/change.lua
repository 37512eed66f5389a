-- change.lua: the Fence and the Bump of sets mode in one table. What a transaction changes
-- loses its entries and the places of those that are being read. A fence puts the
-- transaction's token there first, a bump takes it away last.
--
-- KEYS   1  the table's registry, see lease.lua
--        2  the epoch
--        3  the live fences of the table
--        4  the set of entries that depend on every row
--        5  the set of entries that depend on conjunctions
--        6+ the sets of the conjunctions that the row images match
-- ARGV   1  the token
--        2  how long it lives, in ms
--        3  "1" for the epoch: anything may have changed; "0" for the conjunctions
--        4  the version of the registry that they were worked out from, "" for none
--        5  how long the keys of fences shall live at least, in ms
--        6  "fence"; "bump"; "keep" is a bump that leaves the token, or puts it back
--        7  how many entries may be dropped in this call
--        8  what goes before an entry's name in its key
-- Result 1  "1" when it was done, "0" when the version is another
--        2  the registry's version, "" for none
--        3  the schemes, as a list, when the caller's copy is of another version
--        4  "1" when no entry of the table can be valid
--        5  "1" when entries are left: the call is to be made again
--
-- O(conjunctions * log(fences) + entries), and O(schemes) where the caller's copy is of
-- another version.

local registry, epoch, live, whole, members = unpack(KEYS, 1, 5)
local token, ttl, keep = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
local bump, room = ARGV[6] == 'bump', tonumber(ARGV[7])

-- own drops what is under a key and is not of the kind that is kept there.
local function own(key, kind)
	local is = redis.call('TYPE', key).ok
	if is ~= kind and is ~= 'none' then redis.call('DEL', key) end
end

own(registry, 'hash')
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
		local unread = version == '' and redis.call('EXISTS', whole, members) == 0
		return { '0', version, schemes, unread and '1' or '0', '0' }
	end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- settle puts the token on a key, or takes it away. The first command that writes is one
-- that Redis takes without memory to spare: it lets those after it through, and a write
-- shall not fail because a cache is full.
local function settle(key)
	own(key, 'zset')
	redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
	if bump then
		redis.call('ZREM', key, token)
	else
		redis.call('ZADD', key, now + ttl, token)
		if redis.call('PTTL', key) < keep then redis.call('PEXPIRE', key, 2 * keep) end
	end
end

-- drop deletes the entries of names. A joined entry, whose name ends with j, is taken out
-- of all its sets, which it names from byte 36 on, one a line, with the length in the 4
-- bytes before: another time it may depend on something else. It tells what that took.
local function drop(names)
	local keys, cost = {}, #names
	for i = 1, #names do
		keys[i] = ARGV[8] .. names[i]
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

-- empty drops the entries of a set, as many as there is room for. They are taken out of
-- a second set as well.
local left = false
local function empty(set, other)
	own(set, 'set')
	local some = 4 -- at a time, as long as they take little
	while room > 0 do
		local names = redis.call('SPOP', set, math.min(room, some))
		if #names == 0 then return end
		local cost = drop(names)
		room = room - cost
		some = cost == #names and math.min(2 * some, 256) or 1
		if other then redis.call('SREM', other, unpack(names)) end
	end
	if redis.call('EXISTS', set) == 1 then left = true end
end

local fences = { live }
if ARGV[3] == '1' then
	fences[2] = epoch
elseif version ~= '' then
	for i = 6, #KEYS do fences[#fences + 1] = KEYS[i] .. ':f' end
end
if not bump then
	for i = 1, #fences do settle(fences[i]) end
end
-- What is done when names are taken out is tried first, on a key that nobody has: an
-- error then, as for a right that is missing, would leave entries that no set lists.
redis.call('UNLINK', ARGV[8] .. '-')
redis.call('GETRANGE', ARGV[8] .. '-', 0, 0)
own(members, 'set')
empty(whole)
if ARGV[3] == '1' or version == '' then
	-- Where the schemes are lost, no writer knows which entries are there.
	empty(members)
else
	for i = 6, #KEYS do empty(KEYS[i], members) end
end
if bump and not left then
	for i = 1, #fences do settle(fences[i]) end
end
return { '1', version, schemes, version == '' and not left and '1' or '0', left and '1' or '0' }
