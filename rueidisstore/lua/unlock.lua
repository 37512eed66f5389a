-- unlock.lua: gives a lock back, and wakes those who wait for it. A lock that is
-- over, or that somebody else has, is left alone.
--
-- KEYS   1  the lock
--        2  the mark that somebody waits for it
-- ARGV   1  the owner
--        2  the channel on which all processes listen that wait for a lock
--        3  what is published there: which lock it is
-- Result 1 when it was given back, 0 when it was lost before
--
-- O(processes that listen) where somebody waits, else O(1).

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if redis.call('DEL', KEYS[2]) == 1 then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return 1
