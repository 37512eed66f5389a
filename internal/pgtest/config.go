//go:build unix

package pgtest

import (
	"cmp"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Config says what server to start. The zero value is a server that does not wait
// for the disk.
type Config struct {
	// Settings are lines of postgresql.conf, as "fsync = on". They come last, so
	// they win.
	Settings []string

	// OnDisk keeps the data where temporary files are, also where there is room for it
	// in memory: for who measures what the disk costs.
	OnDisk bool
}

// Option changes a Config.
type Option func(*Config)

// WithSettings adds to [Config.Settings].
func WithSettings(lines ...string) Option {
	return func(c *Config) { c.Settings = append(slices.Clip(c.Settings), lines...) }
}

// usual are the settings of every server: what tests want of it, and what makes it
// fast where its data may be lost.
var usual = []string{
	"listen_addresses = '127.0.0.1'",
	"unix_socket_directories = ''",
	"fsync = off",
	"full_page_writes = off",
	"max_connections = 200",
	"max_prepared_transactions = 20",
	"shared_buffers = 64MB",
	"wal_level = replica",
	"max_wal_senders = 8",
	"hot_standby = on",
	"autovacuum_naptime = 1h",
	"log_min_messages = warning",
	"timezone = 'UTC'",
	"lc_messages = 'C'",
}

// missing is what a test says that has no server.
const missing = "PostgreSQL IS MISSING, so nothing about it can be tested: run `make servers`" +
	" (as root on Debian and Ubuntu), or install its server and put initdb and postgres into PATH"

// Missing is empty where PostgreSQL is installed. Else it is a sentence that says
// so, and what to do.
func Missing() string {
	if binaries() == "" {
		return missing
	}
	return ""
}

// binaries is the folder with the programs of the newest PostgreSQL, empty where
// there is none. Debian keeps them out of PATH, in a folder for each version.
func binaries() string {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	for _, dir := range append(dirs, found...) {
		if complete(dir) {
			return dir
		}
	}
	return ""
}

// version is the number in the path of a folder of Debian's.
func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))) // 0 comes last
	return n
}

// complete reports whether a folder has all that is needed.
func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres", "pg_basebackup"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// runAs is the user that servers run as: nil for our own, which root's is not.
func runAs() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
