// Package crash holds a test that kills writers. Processes of their own write a
// database through a cache in Redis, and others read it through the same cache,
// while the writers are killed: at any moment, and exactly where it hurts, as
// between the commit and the bump. The database is SQLite or PostgreSQL. With
// PostgreSQL many write at once, and writers that live lose their connections too:
// the server ends them in mid-transaction, and the network cuts them in the middle
// of a COMMIT, before or after the server has seen it. No read may be older than a
// write that was acknowledged before it began, and no result may stay stale once the
// fences of the dead have run out.
//
// The test is its own judge. A table that nobody caches holds what each
// transaction did, in the order of the commits, so that every result of every
// query can be worked out for every moment, also after a write of which nobody
// lived to tell the outcome. What is read of one row is given to porcupine besides.
package crash
