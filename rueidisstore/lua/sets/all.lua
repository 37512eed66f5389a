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

-- The first command that writes is one that Redis takes without memory to spare, see
-- change.lua.
own(KEYS[1], 'zset')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not bump then redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) end

own(KEYS[2], 'zset')
for _, set in ipairs(redis.call('ZRANGE', KEYS[2], 0, room - 1)) do
	own(set, 'set')
	while room > 0 do
		local names = redis.call('SPOP', set, math.min(room, 500))
		room = room - math.max(#names, 1)
		if #names == 0 then
			redis.call('ZREM', KEYS[2], set)
			break
		end
		for i = 1, #names do names[i] = ARGV[5] .. names[i] end
		redis.call('UNLINK', unpack(names))
	end
end
if redis.call('EXISTS', KEYS[2]) == 1 then return '1' end
if bump then redis.call('ZREM', KEYS[1], ARGV[1]) end
return '0'
