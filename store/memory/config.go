package memory

import (
	"cmp"
	"fmt"
	"time"
)

// DefaultMaxBytes is the bound on memory where [Config.MaxBytes] is 0: 256 MiB.
const DefaultMaxBytes int64 = 256 << 20

// minMaxBytes is the smallest bound that holds a few entries.
const minMaxBytes int64 = 4 << 10

// maxEntryShare is the part of MaxBytes that one entry may take.
const maxEntryShare = 8

// Config configures a [Store]. The zero value is ready to use.
type Config struct {
	// MaxBytes bounds the memory of the entries, in bytes: their payloads as
	// [store.Payload.Size] tells it, and an allowance for each entry and each
	// stamp that it refers to. Default: [DefaultMaxBytes]. Less than 4096, and
	// so any negative number, is an error. An entry that takes more than an
	// eighth of it is not stored.
	MaxBytes int64

	// Clock tells the time, for the entries' times to live, the fences'
	// deadlines and the locks. It must not go back: the difference of two
	// results is what counts, so keep the monotonic reading that [time.Now]
	// has. It is called from many goroutines at once. Default: time.Now.
	//
	// Nobody hears a clock jump. Who waits for a lock looks at it again when as
	// much real time has gone by as was left of the lock by this clock.
	Clock func() time.Time
}

// withDefaults returns a copy with every zero field set.
func (c Config) withDefaults() Config {
	c.MaxBytes = cmp.Or(c.MaxBytes, DefaultMaxBytes)
	return c
}

// validate names the field that is wrong and the way to mend it.
func (c Config) validate() error {
	if c.MaxBytes < minMaxBytes {
		return fmt.Errorf("cacheops: memory.Config.MaxBytes is %d: use at least %d, or 0 for the default of %d",
			c.MaxBytes, minMaxBytes, DefaultMaxBytes)
	}
	return nil
}
