package filecache_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/filecache"
)

// folder is a folder for an example.
func folder() string {
	return cacheops.Must(os.MkdirTemp("", "filecache-"))
}

// A function's results are kept in files: for all processes, and for those that start
// tomorrow. There need be no database.
func ExampleNew() {
	dir := folder()
	defer os.RemoveAll(dir)

	files, err := filecache.New(dir, filecache.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer files.Close()
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	report := cacheops.Must(cacheops.NewFunc(cache, "report", func(_ context.Context, year int) (string, error) {
		fmt.Println("computing", year)
		return fmt.Sprint("the report of ", year), nil
	}, cacheops.KeepIn(files), cacheops.TTL(24*time.Hour)))

	for range 2 {
		text, err := report.Call(context.Background(), 2026)
		fmt.Println(text, err)
	}
	// Output:
	// computing 2026
	// the report of 2026 <nil>
	// the report of 2026 <nil>
}

// Single values need no cacheops.Cache.
func ExampleSet() {
	dir := folder()
	defer os.RemoveAll(dir)
	files, err := filecache.New(dir, filecache.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer files.Close()

	ctx := context.Background()
	if err := filecache.Set(ctx, files, "rates", map[string]float64{"EUR": 1.25}, time.Hour); err != nil {
		log.Fatal(err)
	}
	rates, err := filecache.Get[map[string]float64](ctx, files, "rates")
	fmt.Println(rates["EUR"], err)

	if err := filecache.Delete(ctx, files, "rates"); err != nil {
		log.Fatal(err)
	}
	_, err = filecache.Get[map[string]float64](ctx, files, "rates")
	fmt.Println(errors.Is(err, cacheops.ErrMiss))
	// Output:
	// 1.25 <nil>
	// true
}

// Clean takes away what is of no more use. The command "cacheops clean-files" does the
// same.
func ExampleClean() {
	dir := folder()
	defer os.RemoveAll(dir)
	files, err := filecache.New(dir, filecache.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer files.Close()
	ctx := context.Background()
	if err := filecache.Set(ctx, files, "old", 1, time.Nanosecond); err != nil {
		log.Fatal(err)
	}
	if err := filecache.Set(ctx, files, "new", 1, time.Hour); err != nil {
		log.Fatal(err)
	}

	result, err := filecache.Clean(ctx, dir, filecache.CleanOptions{MaxBytes: 1 << 30})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d kept, %d expired\n", result.Kept, result.Expired)
	// Output: 1 kept, 1 expired
}
