-- await.lua: looks who has a lock, and marks that somebody waits for it. The caller
-- listens already, so that it cannot miss the unlock.
--
-- KEYS   1  the lock
--        2  the mark that somebody waits for it
-- Result 1  the owner, "" when nobody has it
--        2  how much of the owner's time is left, in ms
--
-- O(1).

local owner = redis.call('GET', KEYS[1])
if not owner then return { '', 0 } end
local left = redis.call('PTTL', KEYS[1])
redis.call('SET', KEYS[2], '', 'PX', math.max(left, 1) + 1000)
return { owner, left }
