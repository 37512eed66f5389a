package rueidisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// exercise uses all that a store does, and wants it to work.
func exercise(t testing.TB, s *rueidisstore.Store) {
	t.Helper()
	if err := tryAll(s); err != nil {
		t.Fatal(err)
	}
}

// errUsed is that of a store that does something else than it should.
var errUsed = errors.New("the store")

// tryAll uses all that a store does. The error is that of the first call that did
// not work.
func tryAll(s *rueidisstore.Store) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Ping(ctx); err != nil {
		return err
	}
	q := resultQuery("exercise")
	lease := func() (store.Lease, error) {
		l, err := s.Lease(ctx, q)
		if err != nil || l.Fenced {
			return l, err
		}
		return l, s.Fill(ctx, q, l.Snapshot, blob("{}"), time.Hour)
	}
	q.Decode = decodeBlob
	get := func(want bool) error {
		_, ok, err := s.Get(ctx, q)
		if err == nil && ok != want {
			err = errors.Join(errUsed, errors.New("another answer to Get than was due"))
		}
		return err
	}
	r, err := s.Registry(ctx, q.Database, "users")
	if err != nil {
		return err
	}
	c := &store.Change{
		Database: q.Database, Token: store.Token{1, 2, 3}, TTL: time.Minute,
		Tables: []store.TableChange{{Table: "users", Keys: []string{q.Deps[0].Conjs[0].Key}, Registry: r.Version}},
	}
	change := func(call func() (store.Ack, error)) error {
		for range 5 {
			ack, err := call()
			if err != nil || len(ack.Stale) == 0 {
				return err
			}
			c.Tables[0].Registry = ack.Stale[0].Version
		}
		return errors.Join(errUsed, errors.New("the change is always stale"))
	}
	fence := func() error { return change(func() (store.Ack, error) { return s.Fence(ctx, c) }) }
	bump := func(k store.Keep) error { return change(func() (store.Ack, error) { return s.Bump(ctx, c, k) }) }
	all := &store.Change{Database: q.Database, Token: store.Token{4, 5, 6}, TTL: time.Minute, All: true}
	steps := []func() error{
		func() error { _, err := lease(); return err },
		func() error { return get(true) },
		fence,
		func() error { return get(false) },
		func() error { // a scheme that comes while a fence is there
			other := resultQuery("other")
			other.Deps[0].Conjs[0].Scheme = "1:mail"
			l, err := s.Lease(ctx, other)
			if err == nil && !l.Fenced {
				err = errors.Join(errUsed, errors.New("a scheme was leased at once that came while a fence was there"))
			}
			return err
		},
		func() error { return bump(store.KeepFence) },
		func() error { return bump(store.DropFence) },
		func() error { return get(false) },
		func() error { _, err := lease(); return err },
		func() error { return get(true) },
		func() error { _, err := s.Fence(ctx, all); return err },
		func() error {
			l, err := s.Lease(ctx, q)
			if err == nil && !l.Fenced {
				err = errors.Join(errUsed, errors.New("a lease while all is fenced"))
			}
			return err
		},
		func() error { _, err := s.Bump(ctx, all, store.DropFence); return err },
		func() error { return get(false) },
		func() error { _, err := s.Schema(ctx, q.Database); return err },
		func() error { _, err := s.BumpSchema(ctx, q.Database); return err },
		func() error { return tryLock(ctx, s, q.Key) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// tryLock has one wait for the lock of another, who gives it back when it is waited
// for: that is what is published.
func tryLock(ctx context.Context, s *rueidisstore.Store, key store.Key) error {
	// A second, since a user who may not publish leaves the wait to the lock's time.
	unlock, ok, err := s.Lock(ctx, key, time.Second)
	if err != nil || !ok {
		return errors.Join(err, errUsed, errors.New("the lock is not free"))
	}
	woken := make(chan error, 1)
	go func() { woken <- s.AwaitUnlock(ctx, key) }()
	client, err := s.Raw(ctx)
	if err != nil {
		return errors.Join(err, <-woken)
	}
	for waited := false; !waited; runtime.Gosched() {
		err := client.Do(ctx, client.B().Get().Key(s.WantedKey(key)).Build()).Error()
		switch {
		case err == nil, len(woken) > 0: // the wait may have failed, or the lock's time be over
			waited = true
		case !rueidis.IsRedisNil(err):
			return errors.Join(err, <-woken)
		}
	}
	unlock()
	if err := <-woken; err != nil {
		return err
	}
	unlock, ok, err = s.Lock(ctx, key, time.Minute)
	if err != nil || !ok {
		return errors.Join(err, errUsed, errors.New("the lock was not given back"))
	}
	unlock()
	return nil
}

// with sets options of the client.
func with(t testing.TB, url string, change func(*rueidis.ClientOption)) func(*rueidisstore.Config) {
	t.Helper()
	opt, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	change(&opt)
	return func(c *rueidisstore.Config) { c.URL, c.Option = "", &opt }
}

// All ways to name a server work.
func TestDeployments(t *testing.T) {
	t.Parallel()
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		exercise(t, newStore(t, redistest.Start(t).URL()))
	})
	t.Run("unix", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t, redistest.WithUnixSocket(), redistest.WithPassword("s3cret"))
		if !strings.HasPrefix(s.URL(), "unix://") {
			t.Fatal(s.URL())
		}
		exercise(t, newStore(t, s.URL()))
		exercise(t, newStore(t, s.URL()+"?db=3"))
	})
	t.Run("rediss", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t, redistest.WithTLS(), redistest.WithPassword("s3cret"))
		exercise(t, newStore(t, s.URL(), with(t, s.URL(), func(o *rueidis.ClientOption) { o.TLSConfig = s.TLSConfig() })))
		exercise(t, newStore(t, s.URL()+"?skip_verify=true"))
		// Nobody has heard of who signed the certificate.
		if err := newStore(t, s.URL()).Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("with a certificate of nobody: %v", err)
		}
	})
	t.Run("password", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t, redistest.WithPassword("p@ss/w:rd?"))
		exercise(t, newStore(t, s.URL()))
		exercise(t, newStore(t, s.URL(), with(t, s.URL(), func(o *rueidis.ClientOption) {
			o.Username, o.Password = "", ""
			o.AuthCredentialsFn = func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
				return rueidis.AuthCredentials{Username: "default", Password: "p@ss/w:rd?"}, nil
			}
		})))
	})
	t.Run("IPv6", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t, redistest.WithSettings("bind 127.0.0.1 -::1"))
		exercise(t, newStore(t, strings.Replace(s.URL(), "127.0.0.1", "[::1]", 1)))
	})
	t.Run("Sentinel", func(t *testing.T) {
		t.Parallel()
		s := redistest.StartSentinel(t, redistest.WithPassword("s3cret"))
		exercise(t, newStore(t, s.URL()))
		wrong := strings.Replace(s.URL(), "master_set="+redistest.MasterSet, "master_set=nobody", 1)
		if err := newStore(t, wrong).Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("a master set that nobody knows: %v", err)
		} else {
			t.Log(err)
		}
	})
	t.Run("options", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t)
		for name, change := range map[string]func(*rueidis.ClientOption){
			"RESP2":         func(o *rueidis.ClientOption) { o.AlwaysRESP2, o.DisableCache = true, true },
			"RESP2 cached":  func(o *rueidis.ClientOption) { o.AlwaysRESP2 = true },
			"multiplex":     func(o *rueidis.ClientOption) { o.PipelineMultiplex = 4 },
			"name":          func(o *rueidis.ClientOption) { o.ClientName = "cacheops" },
			"forced single": func(o *rueidis.ClientOption) { o.ForceSingleClient = true },
			"no auto":       func(o *rueidis.ClientOption) { o.DisableAutoPipelining = true },
			"always":        func(o *rueidis.ClientOption) { o.AlwaysPipelining = true },
			"lifetime":      func(o *rueidis.ClientOption) { o.ConnLifetime = time.Hour },
			"no delay":      func(o *rueidis.ClientOption) { o.DisableTCPNoDelay = true },
			"small pool":    func(o *rueidis.ClientOption) { o.BlockingPoolSize = 1 },
			"redirect":      func(o *rueidis.ClientOption) { o.ForceSingleClient = false; o.ShuffleInit = true },
		} {
			t.Run(name, func(t *testing.T) { exercise(t, newStore(t, s.URL(), with(t, s.URL(), change))) })
		}
	})
}

// Two database numbers of one server share nothing, whichever way they are
// written.
func TestDatabaseNumbers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	ctx := context.Background()
	q := benchQuery(1)
	on := func(suffix string) *rueidisstore.Store {
		return newStore(t, server.URL()+suffix, func(c *rueidisstore.Config) { c.Prefix = "app" })
	}
	zero, one, oneToo := on(""), on("/1"), on("?db=1")
	fill(t, zero, q, blob("zero"))
	fill(t, one, q, blob("one"))
	for s, want := range map[*rueidisstore.Store]string{zero: "zero", one: "one", oneToo: "one"} {
		if p, ok, err := s.Get(ctx, q); err != nil || !ok || string(p.(blob)) != want {
			t.Errorf("got %v, hit %v, error %v; want %s", p, ok, err, want)
		}
	}
	w := newWriter(t, oneToo, q)
	w.fence()
	w.bump()
	wantMiss(t, one, q)
	wantHit(t, zero, q)
}

// A Cluster is found by one address, and by several of which the first is down.
func TestClusterAddresses(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	nodes := cluster.Nodes()
	exercise(t, newStore(t, cluster.URL()))
	exercise(t, newStore(t, nodes[2].URL()))
	exercise(t, newStore(t, nodes[4].URL())) // a replica
	for name, opt := range map[string]func(*rueidis.ClientOption){
		"nothing listens": func(o *rueidis.ClientOption) { o.InitAddress = []string{"127.0.0.1:1", nodes[1].Addr()} },
		"nobody answers":  func(o *rueidis.ClientOption) { o.InitAddress = []string{"192.0.2.1:6379", nodes[1].Addr()} },
	} {
		t.Run(name, func(t *testing.T) {
			exercise(t, newStore(t, nodes[0].URL(), with(t, nodes[0].URL(), opt)))
		})
	}
	err := newStore(t, nodes[0].URL()+"/1").Ping(t.Context())
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "database number 0") {
		t.Errorf("a database number in a Cluster: %v", err)
	}
	// A client that is told that there is one server is sent on, and says so.
	err = tryAll(newStore(t, nodes[0].URL(), with(t, nodes[0].URL(), func(o *rueidis.ClientOption) { o.ForceSingleClient = true })))
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "node of a Cluster") {
		t.Errorf("a Cluster taken for a server: %v", err)
	}
}

// What is wrong with a config is said by New, with what to do, and without the
// password.
func TestNewSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	good := "redis://localhost"
	for name, x := range map[string]struct {
		cfg  rueidisstore.Config
		want string
	}{
		"nothing":       {rueidisstore.Config{}, "set Config.URL"},
		"two":           {rueidisstore.Config{URL: good, Option: &rueidis.ClientOption{}}, "not several"},
		"no address":    {rueidisstore.Config{Option: &rueidis.ClientOption{}}, "set Config.URL"},
		"scheme":        {rueidisstore.Config{URL: "http://u:" + secret + "@host"}, "redis://"},
		"no scheme":     {rueidisstore.Config{URL: "u:" + secret + "@host"}, "redis://"},
		"not escaped":   {rueidisstore.Config{URL: "redis://u:" + secret + "/x@host"}, "%40"},
		"looks as port": {rueidisstore.Config{URL: "redis://u:1/" + secret + "@host/0"}, "%2F"},
		"database":      {rueidisstore.Config{URL: "redis://host/" + secret}, "database number"},
		"db":            {rueidisstore.Config{URL: "redis://host?db=" + secret}, "database number"},
		"negative db":   {rueidisstore.Config{URL: "redis://host/-1"}, "database number"},
		"time-out":      {rueidisstore.Config{URL: "redis://host?dial_timeout=" + secret}, "dial timeout"},
		"negative":      {rueidisstore.Config{URL: "redis://host?dial_timeout=-1s"}, "leave it out"},
		"unix":          {rueidisstore.Config{URL: "unix://"}, "set Config.URL"},
		"control":       {rueidisstore.Config{URL: "redis://host\x00" + secret}, "redis://"},
		"prefix":        {rueidisstore.Config{URL: good, Prefix: "a{b}"}, "Config.Prefix"},
		"connections":   {rueidisstore.Config{URL: good, Connections: -1}, "Config.Connections"},
		"many":          {rueidisstore.Config{URL: good, Connections: 65}, "use 1 to 64"},
		"read time":     {rueidisstore.Config{URL: good, ReadTimeout: -1}, "Config.ReadTimeout"},
		"write time":    {rueidisstore.Config{URL: good, WriteTimeout: -1}, "WriteTimeout"},
		"replicas":      {rueidisstore.Config{Option: &rueidis.ClientOption{InitAddress: []string{"h:1"}, ReplicaOnly: true}}, "ReplicaOnly"},
		"multiplex":     {rueidisstore.Config{Option: &rueidis.ClientOption{InitAddress: []string{"h:1"}, PipelineMultiplex: 9}}, "PipelineMultiplex"},
	} {
		s, err := rueidisstore.New(x.cfg)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: no error", name)
		} else if !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), secret) || !strings.HasPrefix(err.Error(), "cacheops: ") {
			t.Errorf("%s: %v; want %q in it", name, err, x.want)
		}
	}
}

// What is wrong with a server is said by Ping and by every call, with what to do,
// and without the password.
func TestCallsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	open, locked := redistest.Start(t), redistest.Start(t, redistest.WithPassword("another"))
	replica, secure := redistest.StartReplica(t, open), redistest.Start(t, redistest.WithTLS())
	if _, err := locked.Do("ACL", "SETUSER", "weak", "on", ">"+secret, "~*", "&*", "+@read"); err != nil {
		t.Fatal(err)
	}
	as := func(s *redistest.Server, user, path string) string {
		u, err := url.Parse(s.URL())
		if err != nil {
			t.Fatal(err)
		}
		u.User, u.Path = url.UserPassword(user, secret), path
		return u.String()
	}
	for name, x := range map[string]struct{ url, want string }{
		"wrong password":  {as(locked, "", ""), "look at the user and the password"},
		"wrong user":      {as(locked, "nobody", ""), "look at the user and the password"},
		"no password":     {"redis://" + locked.Addr(), "give the client a user and a password"},
		"no permission":   {as(locked, "weak", ""), "give the user the commands"},
		"no such db":      {"redis://" + open.Addr() + "/99", "use a database number"},
		"a replica":       {replica.URL(), "name the master"},
		"nobody there":    {"redis://u:" + secret + "@127.0.0.1:1", "refused"},
		"TLS without TLS": {strings.Replace(as(secure, "", ""), "rediss:", "redis:", 1), ""},
		"no TLS with TLS": {strings.Replace(as(open, "", ""), "redis:", "rediss:", 1) + "?dial_timeout=200ms", "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, x.url)
			ctx := context.Background()
			q := resultQuery("1")
			_, _, get := s.Get(ctx, q)
			_, lease := s.Lease(ctx, q)
			_, fence := s.Fence(ctx, &store.Change{Database: "main", Token: store.Token{1}, TTL: time.Minute, All: true})
			_, _, lock := s.Lock(ctx, q.Key, time.Minute)
			for call, err := range map[string]error{"Ping": s.Ping(ctx), "Get": get, "Lease": lease, "Fence": fence, "Lock": lock} {
				if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), secret) {
					t.Errorf("%s: %v; want %q in it", call, err, x.want)
				}
			}
			if strings.Contains(s.String(), secret) {
				t.Error(s.String())
			}
		})
	}
}

// INFO tells the version of a server. Others than Redis tell the one that they
// speak like, or none.
func TestVersions(t *testing.T) {
	t.Parallel()
	for info, ok := range map[string]bool{
		"# Server\r\nredis_version:6.0.16\r\nredis_mode:standalone\r\n":                     false,
		"# Server\r\nredis_version:5.0.14\r\n":                                              false,
		"# Server\r\nredis_version:4.0\r\n":                                                 false,
		"# Server\r\nredis_version:6\r\n":                                                   false,
		"# Server\r\nredis_version:6.2.0\r\n":                                               true,
		"# Server\r\nredis_version:6.2.14\r\nredis_git_sha1:00000000\r\n":                   true,
		"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n": true, // Valkey
		"# Server\r\nredis_version:8.2.1\r\n":                                               true,
		"# Server\r\nredis_version:10.0.0\r\n":                                              true,
		"# Server\r\nredis_version:255.255.255\r\n":                                         true, // a build of unstable
		"# Server\r\nredis_version:7.4.0\r\ndragonfly_version:df-v1.26.1\r\n":               true, // Dragonfly
		"# Server\r\nredis_version:6.3.4\r\nredis_mode:standalone\r\n":                      true, // KeyDB
		"": true, "garbage": true, "redis_version:\r\n": true, "redis_version:x.y\r\n": true, "redis_version:7.x\r\n": true,
	} {
		err := rueidisstore.CheckVersion(info)
		if ok != (err == nil) {
			t.Errorf("%q: %v", info, err)
		}
		if err != nil && (!errors.Is(err, rueidisstore.ErrOld) || !errors.Is(err, store.ErrUnavailable)) {
			t.Errorf("%q: %v is not ErrOld", info, err)
		}
	}
}

// The program's own client works on after the store was closed, whatever its
// options are.
func TestOwnClient(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	sentinel := redistest.StartSentinel(t)
	cluster := redistest.StartCluster(t)
	single := map[string]func(*rueidis.ClientOption){
		"as it is":  func(*rueidis.ClientOption) {},
		"RESP2":     func(o *rueidis.ClientOption) { o.AlwaysRESP2, o.DisableCache = true, true },
		"multiplex": func(o *rueidis.ClientOption) { o.PipelineMultiplex = 3 },
		"plain": func(o *rueidis.ClientOption) {
			o.DisableRetry, o.DisableCache, o.DisableAutoPipelining = true, true, true
		},
		"tracking": func(o *rueidis.ClientOption) {
			o.ClientTrackingOptions = []string{"PREFIX", "user:", "BCAST"}
		},
		"lifetime": func(o *rueidis.ClientOption) { o.ConnLifetime = 50 * time.Millisecond },
	}
	for where, u := range map[string]string{"single": server.URL(), "sentinel": sentinel.URL(), "cluster": cluster.URL()} {
		for name, change := range single {
			t.Run(where+"/"+strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
				opt, err := rueidis.ParseURL(u)
				if err != nil {
					t.Fatal(err)
				}
				change(&opt)
				cachesHere := !slices.Contains([]string{"RESP2", "plain", "tracking"}, name)
				client, err := rueidis.NewClient(opt)
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				s := openStore(t, "", func(c *rueidisstore.Config) { c.URL, c.Client = "", client })
				exercise(t, s)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if err := s.Ping(t.Context()); !errors.Is(err, store.ErrClosed) {
					t.Errorf("after Close: %v", err)
				}
				for _, key := range []string{"mine", "another", "third"} {
					// A connection that is over its lifetime may fail a call of the client's.
					eventually(t, "the program's own client works", func() error { return setAndGet(client, key, cachesHere) })
				}
			})
		}
	}
}

// setAndGet sets a key by a client and reads it, by the client's own cache too where it
// has one.
func setAndGet(client rueidis.Client, key string, cachesHere bool) error {
	ctx := context.Background()
	if err := client.Do(ctx, client.B().Set().Key(key).Value("v").Build()).Error(); err != nil {
		return err
	}
	v, err := client.Do(ctx, client.B().Get().Key(key).Build()).ToString()
	if err == nil && cachesHere && v == "v" {
		v, err = client.DoCache(ctx, client.B().Get().Key(key).Cache(), time.Minute).ToString()
	}
	if err == nil && v != "v" {
		err = fmt.Errorf("it is %q", v)
	}
	return err
}
