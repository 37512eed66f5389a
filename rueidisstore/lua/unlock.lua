-- unlock.lua: gives a lock back and wakes those who wait for it. A lock that is
-- over, or that somebody else has, is left alone.
--
-- KEYS   1  the lock
-- ARGV   1  the owner
--        2  the channel on which others wait
-- Result 1 when it was given back, 0 when it was lost before
--
-- O(waiting processes).

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], '')
return 1
