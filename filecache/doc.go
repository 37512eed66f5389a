// Package filecache keeps results in files: a folder that many processes share, which
// outlives them, and holds more than memory does.
//
// A [Cache] is a [cacheops.Keeper], so functions and fragments of pages are kept in it
// with the option [cacheops.KeepIn], and pages with KeepIn of httpcache.Config. [Get],
// [Set] and [Delete] keep single values, and need no cacheops.Cache. Only time ends what
// is here: a write to a database drops nothing.
//
// # What holds
//
// A reader gets what was set, whole, or nothing. A file is written beside its place and
// renamed into it, so there is no moment at which half of it is there. Its header holds a
// version, the key, the times, the length and checksums: a file that is torn, cut,
// damaged, of another key or of another program is nothing, and so is one that is no
// plain file, or too large. This holds for any number of processes, and when one of them
// is killed.
//
// Files are not synced to the disk. After a crash of the machine some may be damaged,
// which the checksums find. To sync each would cost more than most results do.
//
// # What does not hold
//
// Whoever may write in the folder decides what programs read: the checksums find damage,
// not forgery. So files are made with mode 0600 and folders with 0700, symbolic links out
// of the folder are not followed, and a folder that everybody may write in, or that another user made, is refused.
//
// Delete does not reach a Set that is under way: what that one writes stays.
//
// # Time
//
// A file holds when it was written, and when its time is over, by the clock of the
// machine that wrote it. A reader compares with its own. So on a file system that several
// machines share, their clocks have to agree as well as the times to live ask for. What
// was written more than a minute in the future is nothing: else the files of a machine
// whose clock had once been wrong would stay for years.
//
// The times stand in the header, which is read before the rest, so what is over is not
// read. They do not stand in the file's own times, which backups, copies and file systems
// change.
//
// # Room
//
// The files are in folders of two levels with 256 each. A reader never changes anything,
// so what is over stays until it is replaced, or until [Clean] or the command
// "cacheops clean-files" takes it away. Run one of them now and then; they also hold the
// folder below a size.
//
// A call cannot be ended while the file system answers: contexts are looked at before.
package filecache
