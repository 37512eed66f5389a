package filecache

import (
	"cmp"
	"context"
	"path"
	"slices"

	"github.com/cacheops/cacheops/store"
)

// candidate is a file that may have to go.
type candidate struct {
	key        store.Key
	over, size int64
}

// evict removes files until there are no more bytes than there may be. It takes those
// first whose time is over first: what is dropped then would have lived the shortest. When
// a file was last read no file system says reliably.
func (c *cleaner) evict(ctx context.Context) error {
	if c.MaxBytes == 0 || c.result.KeptBytes <= c.MaxBytes {
		return nil
	}
	slices.SortFunc(c.kept, func(a, b candidate) int { return cmp.Compare(a.over, b.over) })
	for i := range c.kept {
		if err := ctx.Err(); err != nil || c.result.KeptBytes <= c.MaxBytes {
			return err
		}
		where := place(c.kept[i].key)
		if !c.remove(c.root, where, c.kept[i].size, &c.result.Evicted) {
			continue
		}
		c.result.Kept--
		c.result.KeptBytes -= c.kept[i].size
		if !c.DryRun {
			c.prune(path.Dir(where))
		}
	}
	return nil
}
