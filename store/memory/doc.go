// Package memory is the store inside the process: entries and stamps in this
// process's memory, for a program that is the only one that writes its
// database, or for tests.
//
// It keeps the whole contract of package store, fences included. A reader that
// waits on a row lock while a writer commits must not find the old entry, and
// that does not need a second process to happen.
//
// # How it works
//
// A stamp is a cell: one atomic generation, 0 for no value. Generations come
// from one counter of the process and are never used twice. An entry points to
// the cells that its query depends on, with the generation that its lease found
// in each. So a hit is one lookup and one atomic load for each stamp, and an
// invalidation is one atomic store, whatever number of entries it hits. Dead
// entries are not looked for: they are replaced by the next fill, run out, or
// give way to others.
//
// Everything else about a table, its fences, its schemes and the map of its
// conjunctions, is behind the table's mutex. Only leases and writers take it.
// It is never held over I/O.
//
// # What is bounded
//
// Entries are bounded in bytes by [Config.MaxBytes] with W-TinyLFU (otter). The
// array of those that were read lately, which a read looks at first, holds none
// that was dropped, and takes half a megabyte at most. A
// cell that no entry refers to and that no writer fences is swept: its value is
// taken away first, so that a lease in flight on it is dead, and then the cell.
// What stays for good is small: a few hundred bytes for each table that was
// read or written, and its schemes, which the caller bounds.
package memory
