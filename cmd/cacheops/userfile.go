package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// fileURI is the URI of a file, in which no character of its path can be taken
// for the beginning of the parameters.
func fileURI(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/shop.sqlite
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}

// userFile is a database file of the user's. Nothing is written to it, nor
// beside it.
type userFile struct {
	path, dsn string
	before    fileState
}

// fileState tells whether a file was changed.
type fileState struct {
	size    int64
	changed time.Time
}

// findUserFile looks at the file and decides how it can be read without a trace.
// A missing file is an error, and is not made.
func findUserFile(path string) (*userFile, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.Contains(path, "://"):
		// The address may hold a password, so it is not repeated.
		return nil, errors.New("cacheops: --db takes a SQLite file, not the address of a server: there ask Explain in your program, as in cache.Database(\"main\").Explain(ctx, query)")
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cacheops: there is no file %q: check the path given with --db", path)
	case err != nil:
		return nil, fmt.Errorf("cacheops: look at the file given with --db: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("cacheops: %q is no file: give the path of a SQLite database with --db", path)
	}
	wal, err := inLogMode(path)
	if err != nil {
		return nil, fmt.Errorf("cacheops: read %q: %w", path, err)
	}
	f := &userFile{path: path, dsn: fileURI(path) + "?mode=ro"}
	if wal {
		// SQLite would make the log and its index beside the file, and leave
		// them there, although it only reads.
		switch logged, indexed := size(path+"-wal") > 0, size(path+"-shm") >= 0; {
		case !logged:
			// Nobody is writing it, or nothing that is not in the file: it is
			// read as if it could not change. That it did not, unchanged tells.
			f.dsn += "&immutable=1"
		case indexed:
			f.dsn += "&readonly_shm=1"
		default:
			return nil, fmt.Errorf("cacheops: %q has a write-ahead log but not its index, so it cannot be read without writing: open it once with its program, or with \"sqlite3 FILE vacuum\"", path)
		}
	}
	f.dsn += "&_pragma=query_only(1)&_pragma=busy_timeout(5000)"
	f.before = f.state()
	return f, nil
}

// inLogMode reads from the header whether the file uses a write-ahead log. What
// is too short for a header is for SQLite to judge.
func inLogMode(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // it was only read
	var header [20]byte
	switch _, err := io.ReadFull(file, header[:]); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return false, nil
	case err != nil:
		return false, err
	}
	return header[19] == 2, nil // the file format's version for readers
}

// size is a file's size, -1 where there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

// state is the state of the file and its log.
func (f *userFile) state() fileState {
	var s fileState
	for _, path := range []string{f.path, f.path + "-wal"} {
		if info, err := os.Stat(path); err == nil {
			s.size += info.Size()
			if info.ModTime().After(s.changed) {
				s.changed = info.ModTime()
			}
		}
	}
	return s
}

// unchanged returns an error when another program wrote the file since it was
// found: what was cached of it does not know.
func (f *userFile) unchanged() error {
	if f.state() != f.before {
		return fmt.Errorf("cacheops: another program changed %q meanwhile, past the cache: run this again when it rests", f.path)
	}
	return nil
}

// open opens the file past the cache, and makes sure that it is a database.
func (f *userFile) open(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("sqlite", f.dsn)
	if err != nil {
		return nil, fmt.Errorf("cacheops: open %q: %w", f.path, err)
	}
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return nil, errors.Join(fmt.Errorf("cacheops: read %q as a SQLite database: %w", f.path, err), db.Close())
	}
	return db, nil
}
