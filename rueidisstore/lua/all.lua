-- all.lua: the fence and the bump of everything in a database, on its global
-- epoch.
--
-- KEYS   1  the global epoch
-- ARGV   1  the token
--        2  how long it lives, in ms
--        3  "fence" puts the token there, "bump" takes it away, "keep" takes the
--           value away and leaves the token, or puts it back
-- Result "1"
--
-- O(log(fences of the epoch)).

-- First a command that Redis takes without memory to spare, see fence.lua.
if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then redis.call('DEL', KEYS[1]) end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[3] == 'bump' then
	redis.call('ZREM', KEYS[1], ARGV[1])
else
	redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
end
return '1'
