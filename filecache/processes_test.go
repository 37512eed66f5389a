package filecache

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/store"
)

// How long processes write and read one folder; make torture gives it more.
var lasts = flag.Duration("filecache.lasts", 3*time.Second, "how long the processes of TestProcesses write and read")

// children are the processes that the tests start, by name. Their arguments are a
// folder, and what else they need.
var children = map[string]func(){
	"load":  childLoad,
	"begin": childBegin,
	"fill":  childFill,
	"open":  childOpen,
}

// child is another process on a folder, which ends with the test.
type child struct {
	*exec.Cmd

	out  *bufio.Reader
	into io.WriteCloser
}

// start starts a child. What it cannot do it says on its error output.
func start(t *testing.T, name string, command ...string) *child {
	t.Helper()
	return startAs(t, name, nil, command...)
}

// startAs is start with what the system is to do for the process.
func startAs(t *testing.T, name string, as *syscall.SysProcAttr, command ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if command[0] == "" {
		command[0] = self
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), asChild+"="+name)
	cmd.Stderr, cmd.SysProcAttr = os.Stderr, as
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	into, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &child{Cmd: cmd, out: bufio.NewReader(out), into: into}
}

// told reads a line of the child's output.
func (c *child) told(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the process ended early: %v", err)
	}
	return line[:len(line)-1]
}

// must ends a child that cannot go on.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// written is a value whose bytes all follow from its first, so that one which is made of
// two is noticed, whatever the file's checksum says.
func written(key store.Key, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, binary.BigEndian.Uint64(key[:])))
	size := r.IntN(1 << 10)
	if r.IntN(8) == 0 { // some take many writes of the kernel's
		size = r.IntN(1 << 18)
	}
	b := binary.BigEndian.AppendUint64(append(make([]byte, 0, size+64), key[:]...), seed)
	for range size / 8 {
		b = binary.BigEndian.AppendUint64(b, r.Uint64())
	}
	return b
}

// torn reports whether a value is none that written made.
func torn(key store.Key, b []byte) bool {
	return len(b) < len(key)+8 || !bytes.Equal(b, written(key, binary.BigEndian.Uint64(b[len(key):])))
}

// tally is what a process of TestProcesses did.
type tally struct {
	Stats

	Sets, Torn int
}

// childLoad writes and reads a hundred keys for some time, and cleans now and then.
func childLoad() {
	c, err := New(os.Args[1], Config{})
	must(err)
	lasting, err := time.ParseDuration(os.Args[2])
	must(err)
	var n tally
	ctx := context.Background()
	for until := time.Now().Add(lasting); time.Now().Before(until); {
		key := store.Key{byte(rand.IntN(100))}
		switch k := rand.IntN(1000); {
		case k == 0:
			_, err := Clean(ctx, os.Args[1], CleanOptions{Verify: true})
			must(err)
		case k < 20:
			must(c.Delete(ctx, key))
		case k < 300:
			n.Sets++
			must(c.Set(ctx, key, written(key, rand.Uint64()), time.Duration(1+rand.IntN(400))*time.Millisecond))
		default:
			data, err := c.Get(ctx, key)
			if err != nil && err != cacheops.ErrMiss { //nolint:errorlint // one with a cause is a failure
				must(err)
			}
			if err == nil && torn(key, data) {
				n.Torn++
			}
		}
	}
	n.Stats = c.Stats()
	must(json.NewEncoder(os.Stdout).Encode(n))
	must(c.Close())
}

// Eight processes write, read, delete and clean: each value that is read is one that was
// written, whole, and no reader ever meets half a file.
func TestProcesses(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	var all []*child
	for range 8 {
		all = append(all, start(t, "load", "", dir, lasts.String()))
	}
	var sum tally
	for _, p := range all {
		var n tally
		if err := json.Unmarshal([]byte(p.told(t)), &n); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
		sum.Sets, sum.Torn = sum.Sets+n.Sets, sum.Torn+n.Torn
		sum.Hits, sum.Misses, sum.Damaged, sum.Failures = sum.Hits+n.Hits, sum.Misses+n.Misses, sum.Damaged+n.Damaged, sum.Failures+n.Failures
	}
	t.Logf("figure: 8 processes on one folder of cache files for %v: %d written, %d read, %d of them torn", *lasts, sum.Sets, sum.Hits, sum.Torn)
	if sum.Torn > 0 || sum.Damaged > 0 || sum.Failures > 0 {
		t.Errorf("torn reads, or files that were not whole: %+v", sum)
	}
	if sum.Hits == 0 || sum.Sets == 0 {
		t.Errorf("that shows nothing: %+v", sum)
	}
	clean(t.Context(), dir, CleanOptions{}, func() time.Time { return time.Now().Add(time.Hour) })
	wantEmpty(t, dir)
}

// wantEmpty wants nothing but the tag in a folder.
func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != dir && path != filepath.Join(dir, tagName) {
			err = fmt.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// childBegin writes half a file, says so, and waits to be killed.
func childBegin() {
	c, err := New(os.Args[1], Config{})
	must(err)
	must(c.Set(context.Background(), store.Key{9}, []byte("before"), time.Hour))
	h := newHeader(store.Key{9}, make([]byte, 1000), time.Now(), time.Hour)
	p, err := begin(c.root.Load(), "09/00", filepath.Base(place(store.Key{9})))
	must(err)
	_, err = p.Write(append(h.encode(), make([]byte, 500)...))
	must(err)
	fmt.Fprintln(os.Stdout, "half")
	_, err = io.Copy(io.Discard, os.Stdin)
	must(err)
	must(p.commit()) // not reached, if the test does as it says
}

// A writer that is killed in the middle changes nothing for readers. What it leaves Clean
// takes away, when nobody can be writing it any more.
func TestWriterIsKilled(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	p := start(t, "begin", "", c.dir)
	if got := p.told(t); got != "half" {
		t.Fatalf("the process says %q", got)
	}
	wantData(t, c, store.Key{9}, "before")
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // it was killed
	wantData(t, c, store.Key{9}, "before")
	left, err := filepath.Glob(filepath.Join(c.dir, "09", "00", temporaryPrefix+"*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("the killed writer left %q, %v", left, err)
	}
	if got, err := Clean(t.Context(), c.dir, CleanOptions{}); err != nil || got.Removed() != 0 || got.Kept != 1 {
		t.Errorf("somebody may be writing it, and it was cleaned: %+v, %v", got, err)
	}
	if got, err := Clean(t.Context(), c.dir, CleanOptions{TemporaryAge: 1}); err != nil || got.Temporary != 1 || got.Kept != 1 {
		t.Errorf("it was not cleaned: %+v, %v", got, err)
	}
	wantData(t, c, store.Key{9}, "before")
	if err := Set(t.Context(), c, "key", 1, 0); err != nil {
		t.Error(err)
	}
}

// Writers are killed wherever they are: what is there is whole.
func TestWritersAreKilledAnywhere(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	for range 10 {
		p := start(t, "load", "", c.dir, "1h")
		key := store.Key{byte(rand.IntN(100))}
		for { // it is at work
			data, err := c.Get(t.Context(), key)
			if err == nil && torn(key, data) {
				t.Fatal("a torn read")
			}
			if err == nil {
				break
			}
			key = store.Key{byte(rand.IntN(100))}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait() // it was killed
		got, err := Clean(t.Context(), c.dir, CleanOptions{Verify: true, TemporaryAge: 1})
		if err != nil || got.Damaged != 0 || got.Foreign != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if got := c.Stats(); got.Damaged != 0 {
		t.Errorf("counted %+v", got)
	}
}

// childOpen opens a folder, and tells what came of it.
func childOpen() {
	c, err := New(os.Args[1], Config{})
	fmt.Fprintln(os.Stdout, err)
	if err == nil {
		must(c.Close())
	}
}

// childFill writes until there is no room, and tells what it met.
func childFill() {
	withoutSignal()
	c, err := New(os.Args[1], Config{})
	must(err)
	size, err := strconv.Atoi(os.Args[2])
	must(err)
	ctx := context.Background()
	must(c.Set(ctx, store.Key{0xff}, []byte("before"), time.Hour))
	err = nil
	for i := 0; i < 1000 && err == nil; i++ {
		err = c.Set(ctx, store.Key{1, byte(i)}, make([]byte, size), time.Hour)
	}
	var of *fs.PathError
	if !errors.As(err, &of) {
		must(fmt.Errorf("a full disk is no error: %w", err))
	}
	// What was there is there still, and a function does not notice.
	if data, err := c.Get(ctx, store.Key{0xff}); err != nil || string(data) != "before" {
		must(fmt.Errorf("%q, %w", data, err))
	}
	must(functionOn(c, size))
	fmt.Fprintln(os.Stdout, err)
	must(c.Close())
}

// functionOn calls a function whose result is too large for what room there is.
func functionOn(c *Cache, size int) error {
	cache, err := cacheops.New(cacheops.Config{Logger: discard()})
	if err != nil {
		return err
	}
	defer cache.Close()
	runs := 0
	f, err := cacheops.NewFunc(cache, "large", func(context.Context, struct{}) ([]byte, error) {
		runs++
		return make([]byte, size), nil
	}, cacheops.KeepIn(c), cacheops.TTL(time.Hour))
	if err != nil {
		return err
	}
	for i := range 2 {
		if data, err := f.Call(context.Background(), struct{}{}); err != nil || len(data) != size || runs != i+1 {
			return fmt.Errorf("%d bytes after %d runs: %w", len(data), runs, err)
		}
	}
	return nil
}
