-- ground.lua: what every read of a database depends on, taken before the database
-- is asked: the global epoch, and the version of the schema.
--
-- KEYS   1  the global epoch
--        2  the schema's version
-- ARGV   1  a fresh stamp of 16 bytes for the epoch
--        2  a new version of 16 bytes, in case there is none
-- Result 1  the epoch's stamp, "" when it is fenced
--        2  the schema's version
--
-- Both live until they are evicted.
--
-- O(fences of the epoch that are over).

-- set puts a value in place of what is there, if anything. First comes a command that
-- Redis takes without memory to spare, see fence.lua: a fence asks for this, too.
local function set(key, value)
	redis.call('DEL', key)
	redis.call('SET', key, value)
end

local kind = redis.call('TYPE', KEYS[1]).ok
local stamp = nil
if kind == 'zset' then
	local time = redis.call('TIME')
	redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
	if redis.call('EXISTS', KEYS[1]) == 1 then stamp = '' end
elseif kind == 'string' then
	stamp = redis.call('GET', KEYS[1])
	if #stamp ~= 16 then stamp = nil end
end
if not stamp then
	stamp = ARGV[1]
	set(KEYS[1], stamp)
end
local schema = redis.call('MGET', KEYS[2])[1] -- nil for what is no string
if not schema or #schema ~= 16 then
	schema = ARGV[2]
	set(KEYS[2], schema)
end
return { stamp, schema }
