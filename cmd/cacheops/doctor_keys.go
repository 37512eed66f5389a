package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/rueidisstore"
)

// keyCount is how many keys there are of a kind.
type keyCount struct {
	Kind   string `json:"kind"`
	Number int64  `json:"number"`
	// Bytes are what they take in memory, by a sample of them; 0 where the user may
	// not ask.
	Bytes int64 `json:"bytes"`
}

// The bounds of a look at the keys.
const (
	scanTime  = 5 * time.Second // of each server
	sampled   = 100             // keys of a kind of which the memory is asked
	otherKind = "not ours"
)

// keyTally counts keys of one kind.
type keyTally struct{ number, asked, sampled, bytes int64 }

// checkKeys counts the keys under the prefix, as many as the bounds let it see.
func checkKeys(ctx context.Context, c *redisConn, nodes []*node, maxKeys int, d *diagnosis) []finding {
	counts := make(map[string]*keyTally)
	var ours, unknown, all, seen int64
	whole := true
	for _, n := range nodes {
		size, err := n.Do(ctx, n.B().Dbsize().Build()).AsInt64()
		if err == nil {
			all += size
		}
		begun, looked := time.Now(), 0
		err = n.scan(ctx, globbed(c.prefix)+":*", func(keys []string) bool {
			var asked rueidis.Commands
			var of []*keyTally // of each that is asked
			for _, key := range keys {
				kind := otherKind
				if info, ok := rueidisstore.ParseKey(c.prefix, key); ok {
					kind = kindName(info.Kind, d.Mode)
					ours++
				} else {
					unknown++
				}
				t := counts[kind]
				if t == nil {
					t = new(keyTally)
					counts[kind] = t
				}
				if t.number++; t.asked < sampled {
					t.asked++
					asked, of = append(asked, n.B().MemoryUsage().Key(key).Build()), append(of, t)
				}
			}
			for i, r := range n.DoMulti(ctx, asked...) { // one round trip
				if bytes, err := r.AsInt64(); err == nil {
					of[i].sampled, of[i].bytes = of[i].sampled+1, of[i].bytes+bytes
				}
			}
			looked += scanCount
			if looked >= maxKeys || time.Since(begun) > scanTime {
				whole = false
				return false
			}
			return true
		})
		if refused(err) {
			return []finding{{Check: "keys", Status: statusOK, Text: "not looked at: the user may not SCAN, which the cache does not need"}}
		}
		if err != nil {
			return []finding{{Check: "keys", Status: statusWarning, Text: "SCAN fails: " + err.Error(), Fix: "look at the server"}}
		}
		seen += int64(looked)
	}
	for _, kind := range rueidisstore.KeyKinds() {
		name := kindName(kind, d.Mode)
		d.Keys = appendCount(d.Keys, name, counts[name])
	}
	d.Keys = appendCount(d.Keys, otherKind, counts[otherKind])
	f := finding{Check: "keys", Status: statusOK, Text: plural(ours, "key", "keys") + " under the prefix " + c.prefix}
	if !whole {
		f.Text += fmt.Sprintf(", among the first %s of %s", grouped(min(seen, max(all, seen))), grouped(all))
	}
	out := []finding{f}
	if ours == 0 && whole {
		out[0].Text = "nothing is cached under the prefix " + c.prefix + " yet"
	}
	if unknown > 0 {
		out = append(out, finding{
			Check: "keys", Status: statusWarning,
			Text: plural(unknown, "key", "keys") + " under the prefix that the cache did not write: of another program, or of another version",
			Fix:  "give that program another prefix",
		})
	}
	if others := all - ours - unknown; whole && others > 0 && all > 0 && strings.HasPrefix(nodes[0].info["maxmemory_policy"], "allkeys") {
		out = append(out, finding{
			Check: "keys", Status: statusWarning,
			Text: plural(others, "key", "keys") + " of other programs in the same database, which are evicted too",
			Fix:  "give the cache a Redis of its own if they must not be lost",
		})
	}
	return out
}

// kindName names a kind of key, by what it is in the mode.
func kindName(kind rueidisstore.KeyKind, mode string) string {
	if mode == rueidisstore.ModeSets {
		switch kind {
		case rueidisstore.KeyStamp:
			return "set of a condition"
		case rueidisstore.KeyWhole:
			return "set of every row"
		default:
		}
	}
	return kind.String()
}

// appendCount appends what was counted of a kind, if anything.
func appendCount(list []keyCount, kind string, t *keyTally) []keyCount {
	if t == nil {
		return list
	}
	k := keyCount{Kind: kind, Number: t.number}
	if t.sampled > 0 {
		k.Bytes = t.bytes * t.number / t.sampled
	}
	return append(list, k)
}
