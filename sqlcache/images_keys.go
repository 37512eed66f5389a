package sqlcache

import (
	"bytes"
	"context"
	"database/sql/driver"
	"slices"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// watchedKey is a key of the target whose changes reach other tables.
type watchedKey struct {
	at     []int // where its columns are in the images
	tables []*dialect.Table
	// unsure is true where no two times are taken for the same: a driver of MySQL shows a
	// date or time that does not exist in its time zone, or at all, as another that does.
	unsure bool
}

// watch adds the columns of keys to those that are asked for, where somebody reads
// what their changes reach. The tables that nobody reads take an epoch whatever the
// images show: that costs nothing.
func (im *imaged) watch(ctx context.Context, asked []int) ([]int, error) {
	im.epochs = im.write.Epochs
	for i := range im.write.Keys {
		k := &im.write.Keys[i]
		unread := true
		for _, t := range k.Tables {
			ok, err := im.conn.connector.handle.Unread(ctx, t)
			if err != nil {
				return nil, err
			}
			unread = unread && ok
		}
		if unread {
			im.epochs = slices.Concat(im.epochs, k.Tables)
			continue
		}
		watched := watchedKey{at: make([]int, len(k.Columns)), tables: k.Tables, unsure: im.conn.connector.txs.OwnImages}
		for j, column := range k.Columns {
			if watched.at[j] = slices.Index(asked, column); watched.at[j] < 0 {
				watched.at[j] = len(asked)
				asked = append(slices.Clip(asked), column)
			}
		}
		im.keys = append(im.keys, watched)
	}
	return asked, nil
}

// addKeys collects what is reached by keys that changed: was and is show each row
// before and after the statement. Told is false where they do not show all of them.
func (im *imaged) addKeys(was, is [][]driver.Value, told bool) {
	for i := range im.keys {
		if k := &im.keys[i]; !told || k.changed(was, is) {
			im.changes.AddEpochs(k.tables...)
		}
	}
}

// changed reports whether a row has another key than before.
func (k *watchedKey) changed(was, is [][]driver.Value) bool {
	for i := range is {
		for _, at := range k.at {
			if !sameValue(was[i][at], is[i][at]) {
				return true
			}
			if _, clock := is[i][at].(time.Time); clock && k.unsure {
				return true
			}
		}
	}
	return false
}

// pairs finds for each row the one of the same name before the statement. False
// means that one has none.
//
// A row may have another name after the statement, but not one that another row
// had, so that both seem to have kept their keys: then these would have changed
// places. Keys that foreign keys refer to are unique at each moment, so that no
// statement can do that.
func pairs(before, after [][]driver.Value) (was, is [][]driver.Value, ok bool) {
	if len(after) == 0 {
		return nil, nil, true
	}
	names := make(map[rowName][]driver.Value, len(before))
	for _, row := range before {
		name, ok := nameOf(row)
		if !ok {
			return nil, nil, false
		}
		names[name] = row
	}
	for _, row := range after {
		name, ok := nameOf(row)
		if !ok || names[name] == nil {
			return nil, nil, false
		}
		was = append(was, names[name])
	}
	return was, after, true
}

// sameValue reports whether two values of a key's column are the same to the last
// bit, as far as a driver's value of such a column tells: 1.0 and 1.00 are not, since
// children that had the one get the other.
func sameValue(a, b driver.Value) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case int64:
		b, ok := b.(int64)
		return ok && a == b
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case string:
		b, ok := b.(string)
		return ok && a == b
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	default:
		return false
	}
}
