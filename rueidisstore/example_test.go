package rueidisstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// A cache that all processes share. Nothing connects before the first read or write,
// so a program starts while Redis is away.
func ExampleNew() {
	st, err := rueidisstore.New(rueidisstore.Config{URL: "redis://user:password@localhost:6379/0"})
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()
	cache, err := cacheops.New(cacheops.Config{
		Store:    st,
		Profiles: cacheops.Profiles{"users": {Ops: cacheops.OpAll, TTL: time.Hour}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	fmt.Println(st)
	// Output: redis (prefix "cacheops")
}

// What is wrong with a config is said at once, and the password is not.
func ExampleNew_wrong() {
	_, err := rueidisstore.New(rueidisstore.Config{URL: "redis://user:password@localhost:6379/main"})
	fmt.Println(err)
	// Output: cacheops: rueidisstore: Config.URL has an invalid database number: use redis://host:port, rediss://host:port or unix:///path, with special characters of a password escaped, as %40 for @ and %2F for /
}

// A program that has a client can have the store use it. The client is closed by who
// made it, after the store.
func ExampleConfig_client() {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{"localhost:6379"}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	st, err := rueidisstore.New(rueidisstore.Config{Client: client, Prefix: "shop"})
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()
	if err := st.Ping(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// A program that shall not start without Redis asks for it.
func ExampleStore_Ping() {
	st, err := rueidisstore.New(rueidisstore.Config{URL: "redis://127.0.0.1:1"}) // nobody listens there
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()
	err = st.Ping(context.Background())
	fmt.Println(errors.Is(err, store.ErrUnavailable))
	// Output: true
}

// Results in Redis are encrypted. The first key encrypts, and results that were
// encrypted with the one before are still read.
func ExampleConfig_keys() {
	now, before := make([]byte, 32), make([]byte, 32) // from where secrets are kept
	_, _ = rand.Read(now)
	_, _ = rand.Read(before)
	st, err := rueidisstore.New(rueidisstore.Config{
		URL:  "redis://localhost:6379",
		Keys: []rueidisstore.Key{{ID: "2026-11", Secret: now}, {ID: "2026-05", Secret: before}},
		OnRefusal: func(ctx context.Context, e rueidisstore.RefusalEvent) {
			slog.WarnContext(ctx, "a result in Redis does not open", "reason", e.Reason, "key", e.Key)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()
	x := st.SpaceStats()
	fmt.Println(x.Encrypted, x.Refused())
	// Output: 0 0
}

// Results of a kilobyte and more are compressed.
func ExampleConfig_compressFrom() {
	st, err := rueidisstore.New(rueidisstore.Config{URL: "redis://localhost:6379", CompressFrom: 1 << 10})
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()
	x := st.SpaceStats()
	fmt.Println(x.Compressed)
	// Output: 0
}

// A key is printed by its name.
func ExampleKey() {
	fmt.Println(rueidisstore.Key{ID: "2026-11", Secret: make([]byte, 32)})
	// Output: key "2026-11"
}

// Sets mode is for a single server that evicts nothing.
func ExampleNewSets() {
	st, err := rueidisstore.NewSets(rueidisstore.Config{URL: "redis://localhost:6379", Prefix: "shop"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
	fmt.Println(st)
	// Output: redis in sets mode (prefix "shop")
}

// Now and then what ended by its TTL is taken out of the sets.
func ExampleSets_Reap() {
	st, err := rueidisstore.NewSets(rueidisstore.Config{URL: "redis://localhost:6379"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
	reap := func(ctx context.Context) {
		done, err := st.Reap(ctx, rueidisstore.ReapOptions{
			MinSize:  100,
			Progress: func(now rueidisstore.Reaped) { fmt.Printf("\r%d dead of %d", now.Dead, now.Members) },
		})
		fmt.Println(done, err)
	}
	_ = reap // from a goroutine of the program, or from cron
	// Output:
}
