package rueidisstore

import (
	"cmp"
	"context"
	"errors"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// The defaults of [ReapOptions].
const (
	DefaultReapChunk   = 1000
	DefaultReapMinSize = 1000
)

// ReapOptions says how [Sets.Reap] works.
type ReapOptions struct {
	// Chunk is how many keys, or members of a set, one call of Redis looks at: Redis
	// does nothing else meanwhile. Default: [DefaultReapChunk], which is also the most.
	Chunk int

	// MinSize is how many members a set has at least that is looked through. Smaller
	// ones end by themselves, some time after their last entry. Default:
	// [DefaultReapMinSize].
	MinSize int

	// DryRun counts what is dead and leaves it there.
	DryRun bool

	// Progress, where it is given, is called after each chunk with what was done by
	// then, by the goroutine that called Reap.
	Progress func(Reaped)
}

// Reaped is what [Sets.Reap] did.
type Reaped struct {
	Found   int // sets that were found, of any size
	Sets    int // of these, the ones that were looked through
	Members int // members of these that were looked at
	Dead    int // of these, the ones without an entry

	// Share is how much of the database was gone through: 1 is all of it.
	Share float64
}

// Reap takes out of the sets what has no entry any more. An entry that ends by its TTL
// stays listed until its sets are emptied by a write or end themselves, and a set ends
// when no entry has been added for a while: sets in steady use grow with every entry
// that there ever was. Reap may run at any time, beside readers and writers and other
// Reaps: what is just being added is never taken out. It looks through all keys of the
// server's database in small calls, and holds one chunk of them at a time. A member may
// be counted twice where keys come and go meanwhile.
//
// It returns what was done also with an error. Each call waits [Config.WriteTimeout] at
// most, all of them as long as the context.
func (s *Sets) Reap(ctx context.Context, opts ReapOptions) (Reaped, error) {
	r := reaping{s: s, opts: opts}
	r.opts.Chunk = min(cmp.Or(opts.Chunk, DefaultReapChunk), DefaultReapChunk)
	r.opts.MinSize = cmp.Or(opts.MinSize, DefaultReapMinSize)
	if r.opts.Chunk < 0 || r.opts.MinSize < 0 {
		return r.done, errReap
	}
	err := r.run(ctx)
	return r.done, err
}

var errReap = errors.New("cacheops: rueidisstore: ReapOptions.Chunk and MinSize must not be negative: leave them 0 for the defaults")

// reaping is one call of Reap.
type reaping struct {
	s    *Sets
	opts ReapOptions
	done Reaped

	from, upTo float64 // the shares of the page of keys that is looked at
}

// run goes through the keys of the database.
func (r *reaping) run(ctx context.Context) error {
	// All sets have braces. Without them here those of other prefixes would match, as
	// "a:b" of "a", whose entries are not looked for.
	match := globbed(r.s.entryPrefix()) + "{*"
	for cursor := "0"; ; {
		next, keys, err := r.page(ctx, command{name: "SCAN", args: []string{cursor, "MATCH", match, "COUNT", strconv.Itoa(r.opts.Chunk), "TYPE", "set"}})
		if err != nil {
			return err
		}
		keys = slices.DeleteFunc(keys, func(key string) bool { return !r.s.isSet(key) })
		r.done.Found += len(keys)
		r.from, r.upTo = r.upTo, shareOf(next)
		sizes := make([]command, len(keys))
		for i, key := range keys {
			sizes[i] = command{name: "SCARD", keys: []string{key}}
		}
		counts, err := r.numbers(ctx, sizes)
		if err != nil {
			return err
		}
		for i, n := range counts {
			if n < int64(r.opts.MinSize) {
				continue
			}
			part := (r.upTo - r.from) / float64(len(keys))
			if err := r.set(ctx, keys[i], r.from+float64(i)*part, part); err != nil {
				return err
			}
		}
		r.done.Share = r.upTo
		r.tell()
		if cursor = next; cursor == "0" {
			return nil
		}
	}
}

// set goes through the members of a set, which is a part of all there is to do.
func (r *reaping) set(ctx context.Context, key string, from, part float64) error {
	r.done.Sets++
	dry := "0"
	if r.opts.DryRun {
		dry = "1"
	}
	for cursor := "0"; ; {
		next, names, err := r.page(ctx, command{name: "SSCAN", keys: []string{key}, args: []string{cursor, "COUNT", strconv.Itoa(r.opts.Chunk)}})
		if err != nil {
			return err
		}
		for len(names) > 0 {
			n := min(len(names), r.opts.Chunk)
			args := append([]string{r.s.entryPrefix(), dry}, names[:n]...)
			dead, err := r.numbers(ctx, []command{{script: r.s.scripts.reap, keys: []string{key}, args: args}})
			if err != nil {
				return err
			}
			r.done.Members += n
			r.done.Dead += int(dead[0])
			names = names[n:]
		}
		r.done.Share = min(max(r.done.Share, from+part*shareOf(next)), r.upTo) // a table that shrinks has it go back
		r.tell()
		if cursor = next; cursor == "0" {
			return nil
		}
	}
}

// shareOf tells by the cursor of a SCAN how much of what it goes through lies behind it.
// Redis counts cursors up from their highest bit, so that one holds when a table grows.
func shareOf(cursor string) float64 {
	n, err := strconv.ParseUint(cursor, 10, 64)
	if err != nil || n == 0 {
		return 1 // it was the last page
	}
	return float64(bits.Reverse64(n)) / (1 << 64)
}

func (r *reaping) tell() {
	if r.opts.Progress != nil {
		r.opts.Progress(r.done)
	}
}

// call runs commands in one go. It has no answers where a key is no set any more.
func (r *reaping) call(ctx context.Context, commands []command) (*request, error) {
	if err := r.s.base.check(ctx); err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, r.s.base.cfg.WriteTimeout)
	defer cancel()
	q := &request{make: func() []command { return commands }}
	err := r.s.base.do(within, q)
	if isWrongType(err) {
		q.replies = nil
		return q, nil
	}
	if err == nil && len(q.replies) != len(commands) {
		err = errReply
	}
	if err != nil {
		return nil, r.s.base.failed(ctx, "reap", err)
	}
	return q, nil
}

// page runs a SCAN or an SSCAN.
func (r *reaping) page(ctx context.Context, c command) (next string, elements []string, err error) {
	q, err := r.call(ctx, []command{c})
	if err != nil {
		return "", nil, err
	}
	if len(q.replies) == 0 {
		return "0", nil, nil
	}
	list, err := q.replies[0].ToArray()
	if err == nil && len(list) == 2 {
		if next, err = list[0].ToString(); err == nil {
			elements, err = list[1].AsStrSlice()
		}
	}
	if err != nil || next == "" {
		return "", nil, unavailable("reap", errReply)
	}
	return next, elements, nil
}

// numbers runs commands that answer with numbers. Where one of their keys is no set any
// more all are 0: the next Reap sees to the others.
func (r *reaping) numbers(ctx context.Context, commands []command) ([]int64, error) {
	if len(commands) == 0 {
		return nil, nil
	}
	q, err := r.call(ctx, commands)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(commands))
	for i := range q.replies {
		if out[i], err = q.replies[i].AsInt64(); err != nil {
			return nil, unavailable("reap", errReply)
		}
	}
	return out, nil
}

// isSet reports whether a key is that of a set of this mode and prefix. What another
// program keeps is not ours to reap.
func (s *Sets) isSet(key string) bool {
	tag, rest, ok := strings.Cut(strings.TrimPrefix(key, s.entryPrefix()+"{"), "}")
	if !ok || !strings.HasPrefix(key, s.entryPrefix()+"{") {
		return false
	}
	if rest == suffixOwn {
		return true
	}
	of := strings.HasPrefix(rest, suffixMembers+":") || strings.HasPrefix(rest, suffixWhole+":")
	return digest(tag, tagChars) && (of || digest(rest, conjChars))
}

// globbed has the special characters of a text stand for themselves in a pattern.
func globbed(text string) string {
	b := make([]byte, 0, len(text))
	for i := range len(text) {
		switch text[i] {
		case '*', '?', '[', ']', '\\', '^', '-':
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return string(b)
}
