// Package rueidisstore keeps the cache in Redis, so that all processes of a
// program share it and each other's writes. It is a [store.Store] on
// github.com/redis/rueidis: a single server, Sentinel or Cluster, Redis 6.2 or
// newer or Valkey.
//
//	st, err := rueidisstore.New(rueidisstore.Config{URL: "redis://localhost:6379"})
//	cache, err := cacheops.New(cacheops.Config{Store: st})
//
// # Two modes
//
// [New] makes a store of stamps: an entry is valid while the stamps of all that it
// depends on are the ones it was stored under. [NewSets] makes one in sets mode, where
// a write deletes the entries: a hit is one GET, and what is invalid takes no memory.
// Use New unless you know that you want the other. What sets mode gives up:
//
//   - Any eviction. A set that is lost leaves entries that no write finds. So the
//     server needs maxmemory-policy noeviction, and the store refuses any other
//     ([ErrEvicts]). If somebody sets another one while programs run, hits may be stale
//     until that is noticed, a tenth of a second at most. Then everything of before the
//     first eviction is a miss, unless somebody also does CONFIG RESETSTAT and as many
//     keys are evicted again. Whoever deletes single keys of the prefix by hand may
//     leave stale entries until their TTL. FLUSHALL is safe.
//   - Cluster ([ErrCluster]).
//   - Writes in constant time. A write takes as long as it takes to delete what depends
//     on it, a thousand entries at a time: a write without row images and
//     InvalidateTables all entries of a table, InvalidateAll all entries.
//   - Memory of dead names. An entry that ends by its TTL stays listed in its sets. A
//     set of which nothing is used ends by itself, others grow: call [Sets.Reap] now and
//     then.
//   - Hits of results that were made of others, where one of these ended before the
//     result was ready: it is not stored.
//
// A writer that is killed, at any point, leaves nothing stale in either mode: its fence
// has deleted the entries before the commit, and keeps readers from storing others
// until its deadline. As with stamps, that is not so where the fence itself is lost: where
// Redis loses its keys, as by FLUSHALL, or the fence ran out, in the same commit in
// which the writer dies. Then what was read in between stays until its TTL.
//
// A prefix is used in one mode: the first program notes it in Redis, and the other mode
// gets [ErrMode].
//
// # What it costs
//
// A hit is one round trip: an MGET of the entry and of the stamps that it depends
// on, or one for each node of a Cluster that has some of them, side by side. A
// miss leases in a second one and fills in the background. A transaction that
// wrote makes two: a fence before its commit and a bump after it, each pipelined
// over its tables, whatever the number of entries. Nothing is scanned, and nothing
// is deleted one by one.
//
// # What may happen to Redis
//
// Any key may be lost at any time, by whatever eviction policy, FLUSHALL or an
// expiry: that costs hits. Restarts and failovers cost all hits: an entry is bound
// to the replication id of the servers whose stamps it was stored under, which
// changes when a server restarts, from whatever file, and when a replica is
// promoted. So what a server has forgotten cannot be missed. Hits are never read
// from replicas. What is not promised: that an old master is noticed which a
// network partition keeps serving, or which Sentinel has not yet told the clients
// of; and that a server is noticed which REPLICAOF made a replica by hand, without
// CLIENT KILL TYPE normal, before a tenth of a second has passed.
//
// While Redis cannot be reached, or refuses to work, reads go to the database: a
// read waits for it [Config.ReadTimeout] at most, and after a few failures in a
// row not at all, but for one every half a second that looks whether it is back.
// Writes wait [Config.WriteTimeout] at most; what becomes of them then is said by
// OnStoreFailure in the Config of package cacheops.
//
// # What is in Redis
//
// All keys begin with [Config.Prefix]. The names of databases and tables can be
// read in them; entries, conditions and values are digests. Those have no secret in
// them: who guesses a value can see whether it is the right one. Joined entries, of
// functions and pages, hold the conditions that they depend on, with values.
//
//	cacheops:<digest>                   an entry: a string
//	cacheops:{<digest>}:lock            the lock of an entry: a string
//	cacheops:{<digest>}:wanted          there while somebody waits for that lock
//	cacheops:{main}:g                   the global epoch of the database main
//	cacheops:{main}:s                   the version of its schema
//	cacheops:{}mode                     the mode that the prefix is used in
//	cacheops:{<tag>}e:main:app.users    the epoch of the table app.users of main
//	cacheops:{<tag>}r:main:app.users    its registry of schemes: a hash
//	cacheops:{<tag>}l:main:app.users    its live fences: a sorted set
//	cacheops:{<tag>}w:main:app.users    the stamp of queries on all of it
//	cacheops:{<tag>}<digest>            the stamp of a conjunction
//
// The tag is a digest of the database's and the table's name, so that all keys of a
// table are on one node of a Cluster.
// Stamps are strings of 16 bytes; while a writer is between fence and bump there
// is a sorted set in their place. All keys but those of entries, and what is under
// them, have one form in all versions of this package, so that two versions on one
// Redis drop each other's results. Entries and schemes have versions of their own:
// an entry of another version is a miss, and a scheme of another version has writers
// drop the whole table.
//
// # Compression and encryption
//
// Results of [Config.CompressFrom] bytes and more are compressed, with S2. A hit of
// 1,000 rows takes about as long then. With [Config.Keys] results are encrypted,
// with AES-256-GCM: all that is stored under an entry's key, but for a check of 16
// bytes. What is encrypted is bound to the key of the entry and, unless it is joined,
// to its stamps; so who can write to Redis cannot change it, nor put it in the place
// of another. In sets mode it is bound to the value of its place, to the server and to
// what it depends on. There the value, and the names of the sets of what was made of
// others, are not encrypted: writes go by them. Stamps, registries and locks are neither compressed nor encrypted.
//
// An entry that does not open is a miss, and the next fill replaces it. It is
// counted, see [Store.SpaceStats] and [Sets.SpaceStats], and told to [Config.OnRefusal]. Processes with
// other keys, or none, may share a Redis: what each cannot open is a miss to it. They
// replace each other's results, so it should not last.
//
// First it is compressed, then encrypted, and lengths are not hidden. That of a
// compressed result tells a little of what is in it: who can have his own words put
// into the same result, and sees its length in Redis, can find out by many tries which
// words are in it besides. So with Keys nothing is compressed unless CompressFrom says
// so. Set it where nobody's input stands beside another's secrets, or where nobody
// can see the lengths whom they must not tell anything.
//
// Not hidden either: the keys of Redis, see above; which conditions' columns a table
// is read by; which results are read and written, when, and how long they are; how
// long they live; the IDs of Keys. Who can write to Redis can also put an old result
// back together with its old stamps: encryption does not make Redis a place that one
// need not trust for what is fresh.
//
// Config.MaxEntryBytes of package cacheops bounds a result as it is in memory, before
// it is compressed. What is compressed is 16 MiB at most; larger results are stored as
// they are. A compressed one that says that it is of more is a miss, before there is
// memory for it.
//
// # Rights
//
// The user that the client logs in as needs the commands of the scripts in folder
// lua, and EVALSHA, EVAL, MGET, GET, SET, PTTL, HGETALL, INFO, PUBLISH, SUBSCRIBE
// and, in a Cluster, CLUSTER SLOTS and ASKING. A database number other than 0 needs
// SELECT too, and the client asks connections that are idle by PING. Keys and
// channels are those that begin with the prefix and a colon. For the prefix cacheops
// and a single server that is:
//
//	ACL SETUSER cache on >password resetkeys resetchannels -@all ~cacheops:* &cacheops:*
//	  +eval +evalsha +ping +exists +del +type +pttl +pexpire +get +set +mget +hget +hset +hkeys +hgetall
//	  +zadd +zrem +zcard +zrange +zscore +zremrangebyscore +time +info +publish +subscribe
//
// In sets mode there are these, and no stamps; the epochs are sorted sets while they
// are fenced, and nothing else:
//
//	cacheops:<number>                   an entry: a string; its place while it is read
//	cacheops:<number>j                  an entry that was made of others
//	cacheops:{<tag>}m:main:app.users    the set of the entries of app.users by conjunctions
//	cacheops:{<tag>}w:main:app.users    the set of those that depend on all of it
//	cacheops:{<tag>}<digest>            the set of those of a conjunction
//	cacheops:{<tag>}<digest>:f          its fences: a sorted set
//	cacheops:{main}:t                   the names of the sets of main: a sorted set
//	cacheops:{main}:m                   the set of entries that depend on no table
package rueidisstore
