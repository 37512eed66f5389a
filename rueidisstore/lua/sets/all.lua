-- all.lua: the Fence and the Bump of everything in a database, in sets mode.
--
-- KEYS   1  the global epoch
--        2  the names of the sets in which all of the database's entries are
-- ARGV   1  the token
--        2  how long it lives, in ms
--        3  "fence", "bump" or "keep", see change.lua
--        4  how many entries may be dropped in this call
--        5  what goes before an entry's name in its key
-- Result "1" when entries are left: the call is to be made again; else "0"
--
-- O(entries + sets).

local bump, room = ARGV[3] == 'bump', tonumber(ARGV[4])

-- own drops what is under a key and is not of the kind that is kept there.
local function own(key, kind)
	local is = redis.call('TYPE', key).ok
	if is ~= kind and is ~= 'none' then redis.call('DEL', key) end
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

-- The first command that writes is one that Redis takes without memory to spare, see
-- change.lua.
own(KEYS[1], 'zset')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not bump then redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) end

-- What is done when names are taken out is tried first, on a key that nobody has: an
-- error then, as for a right that is missing, would leave entries that no set lists.
redis.call('UNLINK', ARGV[5] .. '-')
redis.call('GETRANGE', ARGV[5] .. '-', 0, 0)
own(KEYS[2], 'zset')
for _, set in ipairs(redis.call('ZRANGE', KEYS[2], 0, room - 1)) do
	own(set, 'set')
	local some = 4 -- at a time, as long as they take little
	while room > 0 do
		local names = redis.call('SPOP', set, math.min(room, some))
		if #names == 0 then
			redis.call('ZREM', KEYS[2], set)
			room = room - 1
			break
		end
		local cost = drop(names)
		room = room - cost
		some = cost == #names and math.min(2 * some, 256) or 1
	end
end
if redis.call('EXISTS', KEYS[2]) == 1 then return '1' end
if bump then redis.call('ZREM', KEYS[1], ARGV[1]) end
return '0'
