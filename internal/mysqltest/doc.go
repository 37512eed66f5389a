// Package mysqltest starts real MariaDB servers. It is for tests, for benchmarks, and
// for child processes of tests. Nothing in it is a mock.
//
// Every server listens on a port of 127.0.0.1 of its own, keeps throw-away data in
// a folder of its own, and ends with the process that started it, also where that is
// killed: on Linux the kernel sees to it. The folder is below the system's folder for
// temporary files, or in memory where Linux has 2 GB of /dev/shm left and TMPDIR is
// not set. Where the tests run as root, the server runs as the user mysql.
//
// A test begins with [Start], and gives each part of itself a database by
// [Server.NewDatabase]. A program begins with [Run]. Whatever waits has a limit, and
// says what it waited for.
//
// It takes the mariadbd that is in PATH, or where Debian keeps it. Where there is none
// the test fails, and says what to do: see [Missing].
package mysqltest
