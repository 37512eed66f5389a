package main

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"
)

// oddName holds characters that mean something in a URI. Two of them cannot be
// in names on Windows.
var oddName = func() string {
	if runtime.GOOS == "windows" {
		return "my db 50%41 #1 & more"
	}
	return "my db? 50%41 #1 & mode=rwc"
}()

// contents are the hashes of all files in a folder, by name.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %x %v", e.Name(), sha256.Sum256(b), info.ModTime()))
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

// userSchema has keys of several kinds, names that need quotes, and a name that
// would paint a terminal red.
const userSchema = `
CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born DATE);
CREATE TABLE albums (id INTEGER PRIMARY KEY, artist_id INTEGER REFERENCES artists (id), title TEXT, live BOOLEAN, cover BLOB);
CREATE TABLE "odd ""name" ("select" TEXT, "or?" INTEGER, v REAL, PRIMARY KEY ("select", "or?")) WITHOUT ROWID;
CREATE TABLE keyless (a TEXT, b INTEGER);
CREATE INDEX keyless_b ON keyless (b);
CREATE TABLE empty (id INTEGER PRIMARY KEY);
CREATE TABLE "` + "\x1b[31mred" + `" (id INTEGER PRIMARY KEY);
CREATE VIEW titles AS SELECT title FROM albums;
INSERT INTO artists VALUES (1, 'Ada', '1990-01-02'), (2, 'Bela', NULL), (3, 'Chen', '2000-12-31');
INSERT INTO albums VALUES (1, 1, 'One', 1, x'00ff'), (2, 1, 'Two', 0, NULL), (3, 2, NULL, NULL, x''), (4, NULL, 'Four', 1, x'01');
INSERT INTO "odd ""name" VALUES ('a', 1, 1.5), ('b', 2, 2.5);
INSERT INTO keyless VALUES ('x', 1), ('y', 2), (NULL, NULL);
`

// makeFile makes a database file in a folder of its own and returns its path.
func makeFile(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), oddName+".sqlite")
	db, err := sql.Open("sqlite", fileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, s := range append([]string{userSchema}, statements...) {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Fatalf("the folder holds %v, want the file alone", left)
	}
	return path
}

// The user's file is read through the cache, the check finds nothing stale, and
// neither the file nor its folder changes.
func TestUserDemo(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, after string }{
		{"a plain file", ""},
		{"a file in log mode", "PRAGMA journal_mode = wal; INSERT INTO artists VALUES (4, 'Dora', NULL)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := makeFile(t, tt.after)
			before := contents(t, filepath.Dir(path))
			out, err := run(t, "demo", "--db", path)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if after := contents(t, filepath.Dir(path)); after != before {
				t.Errorf("the folder was\n%s\nand is\n%s", before, after)
			}
			wantPlain(t, out)
			checked, stale := checkedAndStale(t, out)
			// 6 counts, 4 lists, 2+2+2 reads by key, 1 by artist and 1 by index
			if checked != 18 || stale != 0 {
				t.Errorf("%d checked, %d stale, want 18 and 0", checked, stale)
			}
			for _, want := range []string{
				"artists  ", "albums  4 rows", `odd "name  2 rows`, "keyless  3 rows", "empty  0 rows", "?[31mred  0 rows",
				`SELECT * FROM "albums" WHERE "artist_id" = ? ORDER BY "id" LIMIT 20`, "albums: artist_id = 1",
				`SELECT * FROM "odd ""name" WHERE "select" = ? AND "or?" = ?`, "keyless: b = 1",
			} {
				if !strings.Contains(out, want) {
					t.Errorf("there is no %q in the output", want)
				}
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// A file that another program has open in log mode is read with what is in its
// log, and the log and its index stay as they are.
func TestUserFileWithLog(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	other, err := sql.Open("sqlite", fileURI(path)+"?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), "INSERT INTO artists VALUES (7, 'In the log', NULL)"); err != nil {
		t.Fatal(err)
	}
	before := contents(t, filepath.Dir(path))
	if n := strings.Count(before, "\n") + 1; n != 3 {
		t.Fatalf("%d files, want the database, its log and its index", n)
	}
	// In a process of its own: within one, SQLite shares the index between
	// connections, whatever they may do.
	printed, err := program(t.Context(), t, "demo", "--db", path).Output()
	out := string(printed)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if after := contents(t, filepath.Dir(path)); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
	if !strings.Contains(out, "artists  4 rows") || !strings.Contains(out, "artists: id = 7") {
		t.Errorf("the row in the log was not read:\n%s", out)
	}
}

// A log without its index cannot be read without making one: that is refused.
func TestUserFileWithLogAlone(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	other, err := sql.Open("sqlite", fileURI(path)+"?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), "INSERT INTO artists VALUES (7, 'In the log', NULL)"); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.sqlite")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := contents(t, filepath.Dir(copied))
	for _, command := range [][]string{{"demo", "--db", copied}, {"explain", "--db", copied, "SELECT 1"}} {
		if _, err := run(t, command...); err == nil || !strings.Contains(err.Error(), "has a write-ahead log but not its index") {
			t.Errorf("%v: error %v", command, err)
		}
	}
	if after := contents(t, filepath.Dir(copied)); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

// A file that is no database, or is not there, is named with what is wrong, and
// is not made or changed.
func TestUserFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no database. "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "missing.sqlite"), "there is no file"},
		{"postgres://user:secret@localhost/app", "--db takes a SQLite file, not the address of a server"},
		{filepath.Join(dir, "missing?mode=rwc"), "there is no file"},
		{dir, "is no file: give the path of a SQLite database with --db"},
		{text, "as a SQLite database: file is not a database"},
		{short, "as a SQLite database: file is not a database"},
		{empty, "has no tables to read"},
	}
	for _, tt := range tests {
		_, err := run(t, "demo", "--db", tt.path)
		if err == nil || !strings.HasPrefix(err.Error(), "cacheops: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("demo: error %v, want %s", err, tt.want)
		}
		if tt.path == empty {
			continue // it has a schema, an empty one
		}
		_, err = run(t, "explain", "--db", tt.path, "SELECT 1")
		if err == nil || !strings.HasPrefix(err.Error(), "cacheops: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("explain: error %v, want %s", err, tt.want)
		}
	}
	if after := contents(t, dir); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

// The handles refuse to write, whatever is asked of them.
func TestUserFileRefusesWrites(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"", "PRAGMA journal_mode = wal"} {
		path := makeFile(t, after)
		before := contents(t, filepath.Dir(path))
		file, err := findUserFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bare, err := file.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := openCached(file.dsn, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, db := range []*sql.DB{bare, c.db} {
			for _, write := range []string{"INSERT INTO artists VALUES (9, 'x', NULL)", "DROP TABLE artists", "VACUUM", "PRAGMA query_only = 0; DELETE FROM artists"} {
				if _, err := db.ExecContext(t.Context(), write); err == nil {
					t.Errorf("%s: no error", write)
				}
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := bare.Close(); err != nil {
			t.Error(err)
		}
		if after := contents(t, filepath.Dir(path)); after != before {
			t.Errorf("the folder was\n%s\nand is\n%s", before, after)
		}
	}
}

// A file that changed under the demo makes an error, not a claim.
func TestUserFileUnchanged(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	file, err := findUserFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.unchanged(); err != nil {
		t.Error(err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if err := file.unchanged(); err == nil || !strings.Contains(err.Error(), "another program changed") {
		t.Errorf("error %v", err)
	}
}

// Neither does the demo claim that nothing is stale of such a file.
func TestUserDemoOfChangingFile(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	var buf bytes.Buffer
	err := runUserDemo(t.Context(), newScreen(&buf, nil), path, func() {
		later := time.Now().Add(time.Minute)
		if err := os.Chtimes(path, later, later); err != nil {
			t.Error(err)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "another program changed") {
		t.Errorf("error %v", err)
	}
	if checkedLine.MatchString(buf.String()) {
		t.Errorf("the demo claims\n%s", buf.String())
	}
}

// What only the user's program knows is shown as refused, and the rest is read.
func TestUserDemoWithRefusedReads(t *testing.T) {
	t.Parallel()
	// A collation of the user's own cannot be in a schema that SQLite itself
	// made, so a known one is renamed in the schema's text.
	path := makeFile(t, "CREATE TABLE words (word TEXT PRIMARY KEY COLLATE rtrim, n INTEGER); INSERT INTO words VALUES ('a', 1);",
		"PRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = replace(sql, 'rtrim', 'mine_') WHERE name = 'words'")
	out, err := run(t, "demo", "--db", path)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantPlain(t, out)
	if !strings.Contains(out, "no such collation sequence: mine_") {
		t.Errorf("the refusal is not shown:\n%s", out)
	}
	if checked, stale := checkedAndStale(t, out); checked < 18 || stale != 0 {
		t.Errorf("%d checked, %d stale", checked, stale)
	}
}
