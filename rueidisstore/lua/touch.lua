-- touch.lua: has the keys of one table live at least as long as an entry that was made
-- of reads with shorter times to live.
--
-- KEYS   1+ the table's registry, epoch and stamps
-- ARGV   1  how long they shall live at least, in ms
--
-- What is not there stays away. Without it the entry would end early, and no more.
--
-- O(keys).

local ttl = tonumber(ARGV[1])
for _, key in ipairs(KEYS) do
	local left = redis.call('PTTL', key)
	if left >= 0 and left < ttl then redis.call('PEXPIRE', key, 2 * ttl) end
end
return 1
