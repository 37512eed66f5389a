//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
)

// documentedCommands are those that docs/redis.md has people grant.
func documentedCommands(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "ACL SETUSER")
	rules, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("docs/redis.md has no rules of a user")
	}
	var list []string
	for _, m := range regexp.MustCompile(`\s\+([a-z|]+)`).FindAllStringSubmatch(rules, -1) {
		list = append(list, m[1])
	}
	return list
}

// documentedForSets are those that sets mode takes besides.
func documentedForSets(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("In sets mode the cache takes `([^`]+)` besides").FindSubmatch(text)
	if m == nil {
		t.Fatal("docs/redis.md does not say what sets mode takes")
	}
	return strings.Fields(strings.ReplaceAll(string(m[1]), "+", ""))
}

// The doctor asks for the rights that the documentation names, and notices when a
// single one of them is missing.
func TestDoctorNoticesEachRight(t *testing.T) {
	t.Parallel()
	doctorNoticesEachRight(t, redistest.Start(t), documentedCommands(t), trials("k", "e", "c"))
}

// So it does in sets mode, and it leaves everything as it is.
func TestDoctorNoticesEachRightOfSets(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	if _, err := server.Do("SET", "cacheops:{}mode", "sets"); err != nil {
		t.Fatal(err)
	}
	doctorNoticesEachRight(t, server, append(documentedCommands(t), documentedForSets(t)...), append(trials("k", "e", "c"), setsTrials("k", "c")...))
	if mode, err := server.Do("GET", "cacheops:{}mode"); err != nil || mode != "sets" {
		t.Errorf("the mode is %q, error %v", mode, err)
	}
}

func doctorNoticesEachRight(t *testing.T, server *redistest.Server, commands []string, all []trial) {
	t.Helper()
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("cache", "s3cret")
	lacks := func(without string) finding {
		t.Helper()
		rules := []string{"ACL", "SETUSER", "cache", "reset", "on", ">s3cret", "~cacheops:*", "&cacheops:*", "-@all"}
		for _, c := range commands {
			if c != without {
				rules = append(rules, "+"+c)
			}
		}
		if _, err := server.Do(rules...); err != nil {
			t.Fatal(err)
		}
		before, err := server.List("KEYS", "*")
		if err != nil {
			t.Fatal(err)
		}
		out, err := run(t, "doctor", "--json", "--redis", u.String())
		if after, err := server.List("KEYS", "*"); err != nil || !slices.Equal(after, before) {
			t.Errorf("without %s the doctor leaves %q of %q, error %v", without, after, before, err)
		}
		var d diagnosis
		if json.Unmarshal([]byte(out), &d) != nil || (err == nil) != (d.Problems == 0) {
			t.Fatalf("without %s: %v, %s", without, err, out)
		}
		for _, f := range d.Findings {
			if f.Check == "rights" {
				return f
			}
		}
		return finding{}
	}
	if f := lacks(""); f.Status != statusOK {
		t.Errorf("what is documented is not enough: %+v", f)
	}
	for _, c := range commands {
		if f := lacks(c); f.Status != statusProblem || f.Line != "ACL SETUSER cache +"+c {
			t.Errorf("without %s: %+v", c, f)
		}
	}
	tried := []string{"subscribe"}
	for _, trial := range all {
		tried = append(tried, trial.name)
	}
	slices.Sort(tried)
	slices.Sort(commands)
	if !slices.Equal(tried, commands) {
		t.Errorf("tried are %v, documented %v", tried, commands)
	}
}

// A rule that lets the keys of tables pass and not those of entries is noticed, or one that
// lets them be read alone; and a user's name that looks like another answer is none.
func TestDoctorNoticesKeys(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for pattern, want := range map[string]string{
		"~cacheops:*": "", "~cacheops:{*": "~cacheops:*", "~cacheops:[a-z]*": "~cacheops:*", "%R~cacheops:*": "~cacheops:*", "%W~cacheops:*": "~cacheops:*",
		"~cacheops:* -get": "+get",
	} {
		const user = "access-key"
		rules := append([]string{"ACL", "SETUSER", user, "reset", "on", ">s3cret", "&cacheops:*", "-@all"}, strings.Fields("+"+strings.Join(documentedCommands(t), " +")+" "+pattern)...)
		if _, err := server.Do(rules...); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(user, "s3cret")
		out, _ := run(t, "doctor", "--json", "--redis", u.String())
		var d diagnosis
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatal(err)
		}
		for _, f := range d.Findings {
			if f.Check == "rights" && (want == "" && f.Status != statusOK || want != "" && f.Line != "ACL SETUSER "+user+" "+want) {
				t.Errorf("%s: %+v, want %q", pattern, f, want)
			}
		}
	}
}

// A connection that ends while rights are tried has shown none of them.
func TestDoctorWithoutAnswers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := redisFlags{url: server.URL(), timeout: defaultTimeout}
	c, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if f := checkRights(t.Context(), c, &node{Client: c.Client}, rueidisstore.ModeStamps); f.Status != statusProblem {
		t.Errorf("%+v", f)
	}
}

// What the doctor makes of figures that a test has no server for.
func TestDoctorJudges(t *testing.T) {
	t.Parallel()
	healthy := map[string]string{
		"role": "master", "redis_version": "7.0.15", "maxmemory": "1000000", "used_memory": "1000", "total_system_memory": "9000000",
		"maxmemory_policy": "allkeys-lru", "connected_clients": "3", "maxclients": "100", "connected_slaves": "1", "slave0": "ip=1,port=2,state=online,offset=1,lag=0",
		"rdb_last_bgsave_status": "ok", "aof_last_write_status": "ok",
	}
	standalone := &redisConn{Client: aClient(t)}
	watched := &redisConn{Client: standalone.Client}
	watched.option.Sentinel.MasterSet = "mymaster"
	for _, tt := range []struct {
		check  string
		change map[string]string
		conn   *redisConn
		mode   string
		status status
		text   string
	}{
		{"server", nil, standalone, "", statusOK, "Redis 7.0.15, a single server"},
		{"server", nil, watched, "", statusOK, "under Sentinel"},
		{"server", map[string]string{"redis_version": "6.0.9"}, standalone, "", statusProblem, "older than 6.2"},
		{"server", map[string]string{"redis_version": "6.2.0"}, standalone, "", statusOK, "6.2.0"},
		{"server", map[string]string{"redis_version": "10.1.0"}, standalone, "", statusOK, "10.1.0"},
		{"server", map[string]string{"valkey_version": "8.1.0"}, standalone, "", statusOK, "Valkey 8.1.0"},
		{"server", map[string]string{"loading": "1"}, standalone, "", statusProblem, "reading its data"},
		{"server", map[string]string{"role": "slave"}, standalone, "", statusProblem, "is a replica"},
		{"eviction", nil, standalone, "", statusOK, "allkeys-lru"},
		{"eviction", map[string]string{"maxmemory_policy": "volatile-ttl"}, standalone, "", statusOK, "safe"},
		{"eviction", map[string]string{"maxmemory_policy": "noeviction"}, standalone, "", statusWarning, "are not cached"},
		{"memory", nil, standalone, "", statusOK, "0 % of 977 KiB"},
		{"memory", map[string]string{"maxmemory": "0"}, standalone, "", statusWarning, "no maxmemory"},
		{"memory", map[string]string{"maxmemory": "90000000"}, standalone, "", statusWarning, "the machine has"},
		{"memory", map[string]string{"used_memory": "1000000"}, standalone, "", statusOK, "100 %"},
		{"memory", map[string]string{"used_memory": "990000", "maxmemory_policy": "noeviction"}, standalone, "", statusProblem, "nothing is evicted"},
		{"persistence", nil, standalone, "", statusOK, "none of it is needed"},
		{"persistence", map[string]string{"aof_enabled": "1"}, standalone, "", statusOK, "append-only"},
		{"persistence", map[string]string{"rdb_last_bgsave_status": "err"}, standalone, "", statusProblem, "MISCONF"},
		{"persistence", map[string]string{"aof_last_write_status": "err"}, standalone, "", statusProblem, "MISCONF"},
		{"replication", nil, standalone, "", statusOK, "1 replica;"},
		{"replication", map[string]string{"min_slaves_good_slaves": "1"}, standalone, "", statusOK, "of which 1 count"},
		{"replication", map[string]string{"slave0": "state=wait_bgsave"}, standalone, "", statusWarning, "1 of 1 replica"},
		{"replication", map[string]string{"connected_slaves": "0"}, standalone, "", statusOK, "no replica"},
		{"replication", map[string]string{"connected_slaves": "0"}, watched, "", statusWarning, "nothing can take over"},
		{"connections", nil, standalone, "", statusOK, "3 connections of 100"},
		{"connections", map[string]string{"connected_clients": "91"}, standalone, "", statusWarning, "91 connections of 100"},
		{"eviction", map[string]string{"maxmemory_policy": "noeviction"}, standalone, rueidisstore.ModeSets, statusOK, "as sets mode needs it"},
		{"eviction", nil, standalone, rueidisstore.ModeSets, statusProblem, "refuses this server"},
		{"eviction", map[string]string{"maxmemory_policy": "volatile-ttl"}, standalone, rueidisstore.ModeSets, statusProblem, "refuses this server"},
		{"memory", map[string]string{"used_memory": "990000", "maxmemory_policy": "noeviction"}, standalone, rueidisstore.ModeSets, statusProblem, "nothing is evicted"},
	} {
		n := &node{addr: "a:1", info: map[string]string{}}
		for _, m := range []map[string]string{healthy, tt.change} {
			maps.Copy(n.info, m)
		}
		var f finding
		switch tt.check {
		case "server":
			f = checkServer(t.Context(), tt.conn, []*node{n})[0]
		case "eviction":
			f = checkEviction(tt.mode)(n)
		case "memory":
			f = checkMemory(tt.mode)(n)
		case "persistence":
			f = checkPersistence(n)
		case "replication":
			f = checkReplication(tt.conn)(n)
		case "connections":
			f = checkClients(n)
		}
		if f.Check != tt.check || f.Status != tt.status || !strings.Contains(f.Text, tt.text) || (f.Fix == "") != (f.Status == statusOK) {
			t.Errorf("%s with %v: %+v", tt.check, tt.change, f)
		}
	}
}

// aClient is a client of a single server, for its kind.
func aClient(t *testing.T) rueidis.Client {
	t.Helper()
	f := redisFlags{url: redistest.Start(t).URL(), timeout: defaultTimeout}
	c, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.Client
}

// On a terminal the table has colours, and nothing is wider than the page.
func TestDoctorOnTerminal(t *testing.T) {
	t.Setenv("TTY_FORCE", "1")
	t.Setenv("TERM", "xterm-256color")
	server := redistest.Start(t, redistest.WithSettings("maxmemory 500kb", "maxmemory-policy noeviction"))
	out, err := run(t, "doctor", "--redis", server.URL())
	if err == nil || !strings.Contains(out, "\x1b[") || !strings.Contains(out, "\u2718 problem") || !strings.Contains(out, "\u2714 ok") {
		t.Errorf("%v: %q", err, out)
	}
	wantPlain(t, display(out))
}

func TestMemorySize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 10 << 10: "10 KiB", 1536 << 10: "1.5 MiB", 100 << 20: "100 MiB", 3 << 30: "3.0 GiB", 1 << 62: "4.0 EiB"} {
		if got := memorySize(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
