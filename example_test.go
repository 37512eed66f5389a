package cacheops_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/cacheops/cacheops"
)

// The most specific pattern wins: a name over a glob, a long glob over a short
// one.
func ExampleProfiles() {
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{
			"users":     {Ops: cacheops.OpGet, TTL: 15 * time.Minute},
			"blog.*":    {Ops: cacheops.OpGet | cacheops.OpFetch},
			"*":         {TTL: time.Hour}, // only when a call asks for it
			"audit_log": {Mode: cacheops.Never},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cache.Close())
	// Output: <nil>
}

// Wrong settings are refused with the field and the fix.
func ExampleNew_error() {
	_, err := cacheops.New(cacheops.Config{MaxImages: -1})
	fmt.Println(err)
	// Output: cacheops: Config.MaxImages is -1: use a positive number, or 0 for the default
}

func ExampleDatabase_Invalidate() {
	var cache *cacheops.Cache // from New
	// After a write that bypassed the library.
	err := cache.Database("app").Invalidate(context.Background(), cacheops.Table("posts"))
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleDatabase_Explain() {
	var cache *cacheops.Cache // from New
	e, err := cache.Database("app").Explain(context.Background(), "SELECT * FROM posts WHERE id = ?", 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(e)
}
