package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redis/rueidis"
)

// node is one server of a Redis.
type node struct {
	rueidis.Client

	addr string
	info map[string]string // of INFO
}

// masters returns the servers that hold keys, in the order of their addresses, with
// what sections of INFO say.
func (c *redisConn) masters(ctx context.Context) ([]*node, error) {
	found := c.Nodes()
	var list []*node
	for _, addr := range slices.Sorted(maps.Keys(found)) {
		n := &node{Client: found[addr], addr: addr}
		var err error
		if n.info, err = n.readInfo(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", addr, err) // it may hold keys, so it counts
		}
		if n.info["role"] == "master" || c.Mode() != rueidis.ClientModeCluster {
			list = append(list, n)
		}
	}
	return list, nil
}

// readInfo reads INFO.
func (n *node) readInfo(ctx context.Context) (map[string]string, error) {
	text, err := n.Do(ctx, n.B().Info().Build()).ToString()
	if err != nil {
		return nil, err
	}
	return parseInfo(text), nil
}

// parseInfo reads lines of name:value. A reply may begin with the kind of its text.
func parseInfo(text string) map[string]string {
	text = strings.TrimPrefix(text, "txt:")
	out := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(name, "#") {
			out[name] = value
		}
	}
	return out
}

// scanCount is how many keys a call of SCAN looks at: few enough to keep nobody
// waiting.
const scanCount = 1000

// scan calls f with the keys of a server that match a pattern, page by page, until f
// returns false. A key that is there all the time is found, maybe twice.
func (n *node) scan(ctx context.Context, pattern string, f func(keys []string) bool) error {
	var cursor uint64
	for {
		page, err := n.Do(ctx, n.B().Scan().Cursor(cursor).Match(pattern).Count(scanCount).Build()).AsScanEntry()
		if err != nil {
			return err
		}
		if !f(page.Elements) || page.Cursor == 0 {
			return nil
		}
		cursor = page.Cursor
	}
}

// globbed writes a text so that it stands for itself in a pattern of Redis.
func globbed(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `^`, `\^`).Replace(text)
}
