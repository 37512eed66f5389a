//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// The scripts of testdata/script run the command as a program, against real servers.
// Beside the commands of testscript they have:
//
//	exits CODE ARGUMENT ...            the command ends with that code
//	redis VARIABLE [OPTION ...]        a server; its URL is put into the variable
//	redis-replica VARIABLE MASTER      a replica of one
//	redis-cluster VARIABLE             a Cluster
//	redis-sentinel VARIABLE            a server under Sentinel
//	redis-do VARIABLE ARGUMENT ...     a command of Redis, on all servers
//	redis-is VARIABLE ANSWER ARGUMENT ...   a command of Redis, and its answer
//	redis-forget VARIABLE KIND         the loss of all keys of a kind
//	redis-dead VARIABLE DATABASE TABLE NUMBER   names that no result has, in the set of a table
//	redis-pause VARIABLE               the servers fall silent
//	login VARIABLE URL USER PASSWORD   the URL with another user
//	postgres VARIABLE                  a server; the variable is a data source name
//	mysql VARIABLE                     a server of MariaDB; the variable is a URL
//	app NAME URL DSN [OPTION=TEXT ...] a program with a cache there; the options are
//	                                   prefix, cache-prefix, database, tenant, agnostic and
//	                                   sets, for sets mode
//	sql NAME STATEMENT                 a statement past the cache
//	reads NAME hit|miss QUERY          a read of the program
//
// An option is unix, tls, password=TEXT, or a line of redis.conf.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			self, err := os.Executable()
			if err != nil {
				return err
			}
			bin := filepath.Join(env.WorkDir, ".bin")
			if err := errors.Join(os.Mkdir(bin, 0o700), os.Symlink(self, filepath.Join(bin, "cacheops"))); err != nil {
				return err
			}
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
			env.Setenv(asProgram, "1")
			env.Values[serversKey{}] = &scripted{redis: map[string][]*redistest.Server{}, apps: map[string]*app{}}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "redis": scriptRedis, "redis-replica": scriptReplica, "redis-cluster": scriptCluster, "redis-sentinel": scriptSentinel,
			"redis-do": scriptDo, "redis-forget": scriptForget, "redis-dead": scriptDead, "redis-is": scriptIs, "redis-pause": scriptPause, "login": scriptLogin, "postgres": scriptPostgres, "mysql": scriptMySQL, "app": scriptApp, "sql": scriptSQL, "reads": scriptReads,
		},
	})
}

type serversKey struct{}

// scripted is what a script has started.
type scripted struct {
	redis map[string][]*redistest.Server
	apps  map[string]*app
}

func of(ts *testscript.TestScript) *scripted { return ts.Value(serversKey{}).(*scripted) }

func need(ts *testscript.TestScript, args []string, least int) {
	if len(args) < least {
		ts.Fatalf("%d arguments are missing", least-len(args))
	}
}

func later(ts *testscript.TestScript, end func() error) { ts.Defer(func() { ts.Check(end()) }) }

// exits runs the command and wants an exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	want, err := strconv.Atoi(args[0])
	if err != nil || neg {
		ts.Fatalf("usage: exits code argument ...")
	}
	err = ts.Exec("cacheops", args[1:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("run cacheops: %v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
	for _, word := range []string{"s3cret", "hunter2"} {
		if strings.Contains(ts.ReadFile("stdout")+ts.ReadFile("stderr"), word) {
			ts.Fatalf("a password was printed")
		}
	}
}

func scriptRedis(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	var config redistest.Config
	for _, option := range args[1:] {
		password, ok := strings.CutPrefix(option, "password=")
		switch {
		case ok:
			config.Password = password
		case option == "unix":
			config.UnixSocket = true
		case option == "tls":
			config.TLS = true
		default:
			config.Settings = append(config.Settings, option)
		}
	}
	s, err := redistest.Run(config)
	ts.Check(err)
	later(ts, s.Close)
	of(ts).redis[args[0]] = []*redistest.Server{s}
	ts.Setenv(args[0], s.URL())
	ts.Setenv(args[0]+"_DIR", s.Dir())
}

func scriptReplica(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	s, err := redistest.RunReplica(of(ts).redis[args[1]][0])
	ts.Check(err)
	later(ts, s.Close)
	of(ts).redis[args[0]] = []*redistest.Server{s}
	ts.Setenv(args[0], s.URL())
}

func scriptCluster(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	c, err := redistest.RunCluster(redistest.Config{})
	ts.Check(err)
	later(ts, c.Close)
	of(ts).redis[args[0]] = c.Nodes()
	ts.Setenv(args[0], c.URL())
}

func scriptSentinel(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	s, err := redistest.RunSentinel(redistest.Config{})
	ts.Check(err)
	later(ts, s.Close)
	of(ts).redis[args[0]] = s.Servers()
	ts.Setenv(args[0], s.URL())
}

func scriptDo(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	for _, s := range of(ts).redis[args[0]] {
		_, err := s.Do(args[1:]...)
		ts.Check(err)
	}
}

func scriptForget(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	lost := 0
	for _, s := range of(ts).redis[args[0]] {
		keys, err := s.List("KEYS", "cacheops:*")
		ts.Check(err)
		for _, key := range keys {
			if info, ok := rueidisstore.ParseKey("cacheops", key); ok && info.Kind.String() == args[1] {
				_, err := s.Do("DEL", key)
				ts.Check(err)
				lost++
			}
		}
	}
	if lost == 0 {
		ts.Fatalf("there was no %s", args[1])
	}
}

// membersKey is the set of a table.
func membersKey(database, table string) string {
	return rueidisstore.KeyInfo{Kind: rueidisstore.KeyMembers, Database: database, Table: table}.Key(rueidisstore.DefaultPrefix)
}

// addDead is a script that adds names that no result has.
const addDead = "for i = 1, ARGV[1] do redis.call('SADD', KEYS[1], string.format('%.0f', 2^52 + i)) end"

func scriptDead(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 4)
	_, err := of(ts).redis[args[0]][0].Do("EVAL", addDead, "1", membersKey(args[1], args[2]), args[3])
	ts.Check(err)
}

func scriptIs(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3)
	answer, err := of(ts).redis[args[0]][0].Do(args[2:]...)
	ts.Check(err)
	if answer != args[1] {
		ts.Fatalf("%s is %q, want %q", strings.Join(args[2:], " "), answer, args[1])
	}
}

func scriptPause(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	for _, s := range of(ts).redis[args[0]] {
		ts.Check(s.Pause())
	}
}

func scriptLogin(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 4)
	u, err := url.Parse(args[1])
	ts.Check(err)
	u.User = url.UserPassword(args[2], args[3])
	ts.Setenv(args[0], u.String())
}

func scriptPostgres(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	s, err := pgtest.Run(pgtest.Config{})
	ts.Check(err)
	later(ts, s.Close)
	ts.Check(s.CreateDatabase("shop"))
	ts.Setenv(args[0], s.DSN("shop"))
}

func scriptMySQL(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	s, err := mysqltest.Run(mysqltest.Config{})
	ts.Check(err)
	later(ts, s.Close)
	ts.Check(s.CreateDatabase("shop"))
	ts.Setenv(args[0], "mysql://root@"+s.Addr()+"/shop")
}

// app is a program with a cache.
type app struct {
	cached, bare *sql.DB

	mu     sync.Mutex // guards what follows
	hit    bool
	reason string // why it was not cached
}

func scriptApp(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3)
	a := new(app)
	// A slow machine is not to make a read pass.
	config := rueidisstore.Config{URL: args[1], BackgroundFills: -1, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second}
	cfg := cacheops.Config{
		Profiles: cacheops.Profiles{"?*": {Ops: cacheops.OpAll}}, Logger: slog.New(slog.DiscardHandler),
		Hooks: cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) {
			a.mu.Lock()
			a.hit, a.reason = e.Hit, e.Reason
			a.mu.Unlock()
		}},
	}
	database := "main"
	open := func() (store.Store, error) { return rueidisstore.New(config) }
	for _, option := range args[3:] {
		switch name, text, _ := strings.Cut(option, "="); name {
		case "prefix":
			config.Prefix = text
		case "cache-prefix":
			cfg.Prefix = text
		case "database":
			database = text
		case "tenant":
			cfg.PrefixFunc = func(context.Context, cacheops.PrefixInfo) string { return text }
		case "sets":
			open = func() (store.Store, error) { return rueidisstore.NewSets(config) }
		case "agnostic":
			cfg.Profiles = cacheops.Profiles{"?*": {Ops: cacheops.OpAll, DBAgnostic: true}}
		default:
			ts.Fatalf("app has no option %q", option)
		}
	}
	st, err := open()
	ts.Check(err)
	cfg.Store = st
	cache, err := cacheops.New(cfg)
	ts.Check(err)
	driver, dsn, d := "sqlite", args[2], sqlite.Dialect
	switch {
	case strings.HasPrefix(dsn, "postgres"):
		driver, d = "pgx", postgres.Dialect
	case strings.HasPrefix(dsn, "mysql"):
		src, err := findMySQL(dsn)
		ts.Check(err)
		driver, dsn, d = "mysql", src.dsn, mysql.Dialect
	default:
		dsn = "file:" + ts.MkAbs(dsn)
	}
	a.cached, err = sqlcache.Open(cache, driver, dsn, sqlcache.Config{Dialect: d, Database: database, MaxOpenConns: 2})
	ts.Check(err)
	a.bare, err = sql.Open(driver, dsn)
	ts.Check(err)
	later(ts, func() error { return errors.Join(a.cached.Close(), a.bare.Close(), cache.Close(), st.Close()) })
	of(ts).apps[args[0]] = a
}

func scriptSQL(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	for _, statement := range args[1:] {
		_, err := of(ts).apps[args[0]].bare.ExecContext(context.Background(), statement)
		ts.Check(err)
	}
}

func scriptReads(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3)
	a := of(ts).apps[args[0]]
	for _, query := range args[2:] {
		rows, err := a.cached.QueryContext(context.Background(), query)
		ts.Check(err)
		for rows.Next() {
		}
		ts.Check(errors.Join(rows.Err(), rows.Close()))
		a.mu.Lock()
		hit, reason := a.hit, a.reason
		a.mu.Unlock()
		if got := map[bool]string{true: "hit", false: "miss"}[hit]; got != args[1] {
			ts.Fatalf("%s is a %s %s", query, got, reason)
		}
	}
}
