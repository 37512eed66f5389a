-- fill.lua: stores an entry, if nothing that it depends on has changed since its leases:
-- the places of its parts are there with the values that these had. It is listed in the
-- sets first, which outlive it.
--
-- KEYS   1  the place of the entry
--        and the places of its parts, of a plain one its own; the registries; the sets
-- ARGV   1  the entry's name in the sets
--        2  the entry
--        3  how long it lives, in ms
--        4  the number of parts
--        5  the number of registries
--        6  "true" for a joined entry. What it replaces may depend on something else, and
--           is taken out of the sets of that: from byte 36 on there are their names, one
--           a line, with the length in the 4 bytes before
--        7+ the values of the parts
-- Result 1 when it was stored, 0 when it is dead
--
-- O(parts + sets).

local name, ttl = ARGV[1], tonumber(ARGV[3])
local parts, registries = tonumber(ARGV[4]), tonumber(ARGV[5])
for i = 1, parts do
	local part = KEYS[1 + i]
	if redis.call('TYPE', part).ok ~= 'string' or redis.call('GETRANGE', part, 0, 15) ~= ARGV[6 + i] then return 0 end
end
for i = 2 + parts, 1 + parts + registries do
	local left = redis.call('PTTL', KEYS[i])
	if left >= 0 and left < ttl then redis.call('PEXPIRE', KEYS[i], 2 * ttl) end
end
for i = 2 + parts + registries, #KEYS do
	local set = KEYS[i]
	local is = redis.call('TYPE', set).ok
	if is ~= 'set' and is ~= 'none' then redis.call('DEL', set) end
	local left = redis.call('PTTL', set)
	redis.call('SADD', set, name)
	if left == -2 or left >= 0 and left < ttl then redis.call('PEXPIRE', set, 2 * ttl) end
end
if ARGV[6] == 'true' and redis.call('TYPE', KEYS[1]).ok == 'string' then
	local listed = {}
	for i = 2 + parts + registries, #KEYS do listed[KEYS[i]] = true end
	local a, b, c, d = string.byte(redis.call('GETRANGE', KEYS[1], 32, 35), 1, 4)
	if d and a == 0 then
		for set in string.gmatch(redis.call('GETRANGE', KEYS[1], 36, 35 + b * 65536 + c * 256 + d), '[^\n]+') do
			if not listed[set] then redis.pcall('SREM', set, name) end
		end
	end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
