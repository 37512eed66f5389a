package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// mode returns the mode that the prefix is used in, as the programs noted it; "" where
// nobody has.
func (c *redisConn) mode(ctx context.Context) (string, error) {
	key := rueidisstore.KeyInfo{Kind: rueidisstore.KeyMode}.Key(c.prefix)
	noted, err := c.Do(ctx, c.B().Get().Key(key).Build()).ToString()
	if rueidis.IsRedisNil(err) || wrongType(err) {
		return "", nil // programs replace what is there and none of theirs
	}
	return noted, err
}

// modeIn is mode, and where nobody noted one it looks for what sets mode has of a
// database: somebody may have deleted the note by hand, and in the other mode the results
// would stay.
func (c *redisConn) modeIn(ctx context.Context, cachePrefix, database string) (string, error) {
	noted, err := c.mode(ctx)
	if err != nil || noted != "" {
		return noted, c.failed(err)
	}
	names, err := cacheops.New(cacheops.Config{Prefix: cachePrefix, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", misuse("%w", err) // the prefix
	}
	own, shared := names.Engine().Domains(database)
	if err := names.Close(); err != nil {
		return "", err
	}
	for _, name := range []string{own, shared} {
		for _, kind := range []rueidisstore.KeyKind{rueidisstore.KeySets, rueidisstore.KeyOwn} {
			n, err := c.Do(ctx, c.B().Exists().Key(rueidisstore.KeyInfo{Kind: kind, Database: name}.Key(c.prefix)).Build()).AsInt64()
			if err != nil {
				return "", c.failed(err)
			}
			if n > 0 {
				return rueidisstore.ModeSets, nil
			}
		}
	}
	return "", nil
}

// wrongType reports whether a key holds something of another kind.
func wrongType(err error) bool { return answered(err, "WRONGTYPE") }

// config is that of a store of the programs on this client.
func (c *redisConn) config() rueidisstore.Config {
	return rueidisstore.Config{Client: c.Client, Prefix: c.prefix, ReadTimeout: c.timeout, WriteTimeout: c.timeout}
}

// store makes the store of the programs in a mode, that of stamps where none is noted. It
// is closed before the client.
func (c *redisConn) store(mode string) (store.Store, error) {
	switch mode {
	case "", rueidisstore.ModeStamps:
		st, err := rueidisstore.New(c.config())
		if err != nil {
			return nil, misuse("%w", err) // the prefix
		}
		return st, nil
	case rueidisstore.ModeSets:
		return c.sets()
	default:
		return nil, fmt.Errorf("cacheops: the prefix %q is used in a mode %q that this version does not know: use the command of the programs' version", c.prefix, printable(shortened(mode, 20)))
	}
}

// sets is store in sets mode.
func (c *redisConn) sets() (*rueidisstore.Sets, error) {
	st, err := rueidisstore.NewSets(c.config())
	if err != nil {
		if c.Mode() == rueidis.ClientModeCluster {
			return nil, err
		}
		return nil, misuse("%w", err) // the prefix
	}
	return st, nil
}
