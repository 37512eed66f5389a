//go:build unix

package mysqltest

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Config says what server to start. The zero value is a server whose data survives
// its own death, but not the machine's.
type Config struct {
	// Settings are options of mariadbd without the dashes, as
	// "innodb_flush_log_at_trx_commit=1". They come last, so they win.
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

// initial are the settings that the first start has too, for they shape the files.
var initial = []string{
	"innodb_log_file_size=8M",
	"innodb_buffer_pool_size=16M",
	"innodb_use_native_aio=0",
	"innodb_flush_method=nosync",
	"skip_name_resolve",
}

// usual are the settings of every server: what tests want of it, and what makes it
// small, and fast where the machine does not fail.
var usual = []string{
	"bind_address=127.0.0.1",
	"innodb_flush_log_at_trx_commit=2",
	"innodb_doublewrite=0",
	"innodb_buffer_pool_dump_at_shutdown=0",
	"innodb_buffer_pool_load_at_startup=0",
	"aria_pagecache_buffer_size=8M",
	"key_buffer_size=1M",
	"performance_schema=off",
	"skip_log_bin",
	"character_set_server=utf8mb4",
	"max_connections=200",
	"default_time_zone=+00:00",
	"log_warnings=1",
}

// missing is what a test says that has no server.
const missing = "MariaDB IS MISSING, so nothing about it can be tested: run `make servers`" +
	" (as root on Debian and Ubuntu), or install its server and put mariadbd and mariadb-install-db into PATH"

// Missing is empty where MariaDB is installed. Else it is a sentence that says so, and
// what to do.
func Missing() string {
	if _, ok := find(); !ok {
		return missing
	}
	return ""
}

// binaries are the programs of MariaDB.
type binaries struct{ server, install string }

// find returns the programs, if all are there.
func find() (b binaries, ok bool) {
	b.server, b.install = lookup("mariadbd"), lookup("mariadb-install-db")
	if b.install == "" {
		b.install = lookup("mysql_install_db")
	}
	return b, b.server != "" && b.install != ""
}

// lookup is the path of a program. A user's PATH need not have the folder that Debian
// puts servers into.
func lookup(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path := filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// runAs is the user that servers run as: nil for our own, which root's is not.
func runAs() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("mysql")
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
