-- reap.lua: takes names out of a set that no entry and no place has. To look and to take
-- away is one step: a name that is just being added has a place by then.
--
-- KEYS   1  the set
-- ARGV   1  what goes before an entry's name in its key
--        2  "1" to count only
--        3+ the names
-- Result how many were dead
--
-- O(names).

if redis.call('TYPE', KEYS[1]).ok ~= 'set' then return 0 end
local dead, keys = {}, {}
for from = 3, #ARGV, 50 do
	local to = math.min(from + 49, #ARGV)
	for i = from, to do keys[i - from + 1] = ARGV[1] .. ARGV[i] end
	local alive = redis.call('EXISTS', unpack(keys, 1, to - from + 1))
	for i = from, to do
		if alive == 0 or alive < to - from + 1 and redis.call('EXISTS', keys[i - from + 1]) == 0 then
			dead[#dead + 1] = ARGV[i]
		end
	end
end
if #dead > 0 and ARGV[2] ~= '1' then redis.call('SREM', KEYS[1], unpack(dead)) end
return #dead
