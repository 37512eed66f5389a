package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

var modules = workspace.Modules{
	{Path: "example.com/lib", Dir: "/lib"},
	{Path: "example.com/lib/cmd/tool", Dir: "/lib/cmd/tool"},
}

// summary runs events through a report and returns what it printed, its last
// line, and its verdict.
func summary(t *testing.T, events string, exitOK, strict bool) (all, last string, ok bool) {
	t.Helper()
	var out strings.Builder
	r := newReport(&out)
	if err := r.read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	r.end(exitOK)
	ok = r.write(modules, strict)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	return out.String(), lines[len(lines)-1], ok
}

const (
	passing = `{"Action":"start","Package":"example.com/lib/a"}
{"Action":"run","Package":"example.com/lib/a","Test":"TestX"}
{"Action":"output","Package":"example.com/lib/a","Test":"TestX","Output":"said by TestX\n"}
{"Action":"run","Package":"example.com/lib/a","Test":"TestX/sub"}
{"Action":"pass","Package":"example.com/lib/a","Test":"TestX/sub","Elapsed":0}
{"Action":"pass","Package":"example.com/lib/a","Test":"TestX","Elapsed":0}
{"Action":"pass","Package":"example.com/lib/a","Elapsed":1.5}
{"Action":"output","Package":"example.com/lib/cmd/tool","Output":"?   \texample.com/lib/cmd/tool\t[no test files]\n"}
{"Action":"skip","Package":"example.com/lib/cmd/tool","Elapsed":0}
`
	skipping = `{"Action":"run","Package":"example.com/lib/b","Test":"TestServer"}
{"Action":"output","Package":"example.com/lib/b","Test":"TestServer","Output":"=== RUN   TestServer\n"}
{"Action":"output","Package":"example.com/lib/b","Test":"TestServer","Output":"    b_test.go:9: no server\n"}
{"Action":"output","Package":"example.com/lib/b","Test":"TestServer","Output":"--- SKIP: TestServer (0.00s)\n"}
{"Action":"skip","Package":"example.com/lib/b","Test":"TestServer","Elapsed":0}
{"Action":"pass","Package":"example.com/lib/b","Elapsed":0.1}
`
	failing = `{"Action":"run","Package":"example.com/lib/c","Test":"TestY"}
{"Action":"output","Package":"example.com/lib/c","Test":"TestY","Output":"    c_test.go:3: wrong\n"}
{"Action":"fail","Package":"example.com/lib/c","Test":"TestY","Elapsed":0}
{"Action":"fail","Package":"example.com/lib/c","Elapsed":0.2}
`
	unbuilt = `{"ImportPath":"example.com/lib/d","Action":"build-output","Output":"d.go:1: undefined: x\n"}
{"ImportPath":"example.com/lib/d","Action":"build-fail"}
{"Action":"fail","Package":"example.com/lib/d","Elapsed":0,"FailedBuild":"example.com/lib/d"}
`
	panicked = `{"Action":"run","Package":"example.com/lib/e","Test":"TestZ"}
{"Action":"output","Package":"example.com/lib/e","Test":"TestZ","Output":"panic: oh\n"}
{"Action":"fail","Package":"example.com/lib/e","Elapsed":0.2}
`
	waiting = `{"Action":"run","Package":"example.com/lib/g","Test":"TestA"}
{"Action":"output","Package":"example.com/lib/g","Test":"TestA","Output":"=== PAUSE TestA\n"}
{"Action":"pause","Package":"example.com/lib/g","Test":"TestA"}
{"Action":"run","Package":"example.com/lib/g","Test":"TestB"}
{"Action":"pause","Package":"example.com/lib/g","Test":"TestB"}
{"Action":"cont","Package":"example.com/lib/g","Test":"TestB"}
{"Action":"fail","Package":"example.com/lib/g","Elapsed":0.2}
`
	examples = `{"Action":"start","Package":"example.com/lib/h"}
{"Action":"output","Package":"example.com/lib/h","Output":"testing: warning: no tests to run\n"}
{"Action":"pass","Package":"example.com/lib/h","Elapsed":0.2}
`
	counting = `{"Action":"run","Package":"example.com/lib/i","Test":"TestN"}
{"Action":"output","Package":"example.com/lib/i","Test":"TestN","Output":"=== RUN   TestN\n"}
{"Action":"output","Package":"example.com/lib/i","Test":"TestN","Output":"figure: printed, not logged\n"}
{"Action":"output","Package":"example.com/lib/i","Test":"TestN","Output":"    i_test.go:3: not a figure: 5\n"}
{"Action":"run","Package":"example.com/lib/i","Test":"TestN/sub"}
{"Action":"output","Package":"example.com/lib/i","Test":"TestN/sub","Output":"    i_test.go:4: figure: sub: 12 of 13\n"}
{"Action":"pass","Package":"example.com/lib/i","Test":"TestN/sub","Elapsed":0}
{"Action":"output","Package":"example.com/lib/i","Test":"TestN","Output":"    i_test.go:5: figure: 7 schedules\n"}
{"Action":"pass","Package":"example.com/lib/i","Test":"TestN","Elapsed":0}
{"Action":"pass","Package":"example.com/lib/i","Elapsed":0.2}
`
	racing = `{"Action":"run","Package":"example.com/lib/j","Test":"TestA"}
{"Action":"run","Package":"example.com/lib/j","Test":"TestB"}
{"Action":"run","Package":"example.com/lib/j","Test":"TestC"}
{"Action":"output","Package":"example.com/lib/j","Test":"TestA","Output":"WARNING: DATA RACE\n"}
{"Action":"output","Package":"example.com/lib/j","Test":"TestA","Output":"one race\n"}
{"Action":"pass","Package":"example.com/lib/j","Test":"TestA","Elapsed":0.1}
{"Action":"pass","Package":"example.com/lib/j","Test":"TestB","Elapsed":0.1}
{"Action":"output","Package":"example.com/lib/j","Test":"TestB","Output":"another race\n"}
{"Action":"fail","Package":"example.com/lib/j","Test":"TestC","Elapsed":0.1}
{"Action":"fail","Package":"example.com/lib/j","Elapsed":0.2}
`
	wordy = `{"Action":"run","Package":"example.com/lib/k","Test":"TestW"}
{"Action":"output","Package":"example.com/lib/k","Test":"TestW","Output":"    k_test.go:3: figure: 5\n"}
{"Action":"output","Package":"example.com/lib/k","Test":"TestW","Output":"    k_test.go:4: the cause\n"}
{"Action":"output","Package":"example.com/lib/k","Test":"TestW","Output":"        its second line\n"}
{"Action":"output","Package":"example.com/lib/k","Test":"TestW","Output":"    owner.go:36: the last lines of the log of a server:\n"}
{"Action":"output","Package":"example.com/lib/k","Test":"TestW","Output":"        ready\n"}
{"Action":"fail","Package":"example.com/lib/k","Test":"TestW","Elapsed":0}
{"Action":"fail","Package":"example.com/lib/k","Elapsed":0.2}
`
	cutOff = `{"Action":"run","Package":"example.com/lib/f","Test":"TestLong"}
`
)

func TestSummary(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		events   string
		exitOK   bool
		strict   bool
		last     string
		ok       bool
		contains []string
		absent   string
	}{
		{
			name: "all pass", events: passing, exitOK: true, strict: true,
			last: "2 passed, 0 failed, 0 skipped", ok: true,
			contains: []string{"module example.com/lib/cmd/tool", "no tests"}, absent: "said by TestX",
		},
		{
			name: "a skip passes at home", events: passing + skipping, exitOK: true,
			last: "2 passed, 0 failed, 1 skipped", ok: true,
			contains: []string{"skipped: example.com/lib/b TestServer: b_test.go:9: no server"},
		},
		{
			name: "a skip fails in CI", events: passing + skipping, exitOK: true, strict: true,
			last: "2 passed, 0 failed, 1 skipped", contains: []string{"a skipped test fails it"},
		},
		{
			name: "a failed test is shown", events: passing + failing,
			last: "2 passed, 1 failed, 0 skipped", contains: []string{"c_test.go:3: wrong", "FAIL"},
		},
		{
			name: "a package that does not build", events: passing + unbuilt,
			last: "2 passed, 1 failed, 0 skipped", contains: []string{"undefined: x", "failed without a failed test"},
		},
		{
			name: "a panic", events: passing + panicked,
			last: "2 passed, 1 failed, 0 skipped", contains: []string{"panic: oh", "TestZ did not end"},
		},
		{
			name: "tests that wait when another hangs", events: passing + waiting,
			last: "2 passed, 2 failed, 0 skipped", contains: []string{"TestA waited for its turn", "TestB did not end"}, absent: "PAUSE",
		},
		{
			name: "a suite of which nothing ran", events: passing + examples, exitOK: true, strict: true,
			last: "2 passed, 0 failed, 0 skipped", ok: true, contains: []string{"none ran"},
		},
		{
			name: "figures follow the table", events: passing + counting, exitOK: true, strict: true,
			last: "4 passed, 0 failed, 0 skipped", ok: true,
			contains: []string{"\nfigures of example.com/lib/i:\n  sub: 12 of 13\n  7 schedules\n\n"}, absent: "not",
		},
		{
			name: "a race in a test that passed, or that has ended", events: passing + racing,
			last: "4 passed, 1 failed, 0 skipped", contains: []string{"printed in: example.com/lib/j TestA\nWARNING: DATA RACE\none race\n", "another race"},
		},
		{
			name: "the causes follow the table", events: passing + wordy + panicked,
			last:     "2 passed, 2 failed, 0 skipped",
			contains: []string{"\nfailures:\n  example.com/lib/k TestW\n    k_test.go:4: the cause\n  example.com/lib/e TestZ\n    panic: oh\n    it did not end\n\n"},
		},
		{
			name: "go test dies", events: passing + cutOff,
			last: "2 passed, 1 failed, 0 skipped", contains: []string{"TestLong did not end"},
		},
		{
			name: "go test fails by itself", events: passing + "no required module\n",
			last: "2 passed, 1 failed, 0 skipped", contains: []string{"no required module", "go test itself failed"},
		},
		{
			name: "nothing ran", exitOK: true,
			last: "0 passed, 0 failed, 0 skipped", contains: []string{"proves nothing"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all, last, ok := summary(t, test.events, test.exitOK, test.strict)
			if last != test.last || ok != test.ok {
				t.Errorf("last line %q, verdict %v, want %q, %v", last, ok, test.last, test.ok)
			}
			for _, want := range test.contains {
				if !strings.Contains(all, want) {
					t.Errorf("output lacks %q:\n%s", want, all)
				}
			}
			if test.absent != "" && strings.Contains(all, test.absent) {
				t.Errorf("output holds %q:\n%s", test.absent, all)
			}
		})
	}
}

// TestRealGoTest runs go test itself on a small module, so that the events
// read are those of the toolchain at hand.
func TestRealGoTest(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module example.com/tiny\n\ngo 1.25\n",
		"good/g_test.go": "package good\nimport \"testing\"\nfunc TestGood(t *testing.T) { t.Log(\"figure: one of one\") }\nfunc TestSkipped(t *testing.T) { t.Skip(\"because\") }\n",
		"bad/b_test.go":  "package bad\nimport \"testing\"\nfunc TestBad(t *testing.T) { t.Error(\"it is bad\") }\nfunc TestPanics(t *testing.T) { panic(\"ouch\") }\n",
		"ugly/u_test.go": "package ugly\nfunc TestUgly(t *testing.T) {}\n",
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "off")
	t.Chdir(dir)
	var out strings.Builder
	ok, err := run(t.Context(), &out, []string{"./..."}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"it is bad", "ouch", "because", "\n  one of one\n", "undefined: testing", "\n1 passed, 3 failed, 1 skipped\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q", want)
		}
	}
	if ok {
		t.Error("failed tests were taken for good")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

// TestCauseIsShort leaves out the middle of what a test said.
func TestCauseIsShort(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	for i := range 20 {
		fmt.Fprintf(&said, "    a_test.go:%d: %s\n", i, strings.Repeat("x", 1000))
	}
	why := cause(said.String())
	if len(why) != whyFirst+1+whyLast || why[whyFirst] != "... 11 more ..." || !strings.HasPrefix(why[whyFirst+whyLast], "a_test.go:19: xxx") {
		t.Errorf("the cause is %q", why)
	}
	for _, line := range why {
		if len(line) > whyLong {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

// TestShortenStacks has both sides of a race shown, however deep the first one is.
func TestShortenStacks(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("  pkg.f()\n      /f.go:1 +0x2\n", 300)
	race := "==================\nWARNING: DATA RACE\nWrite at 0x00c001088550 by goroutine 57:\n  pkg.writer()\n" + deep +
		"\nPrevious write at 0x00c001088550 by goroutine 11556:\n  pkg.other()\n" + deep +
		"\nGoroutine 57 (running) created at:\n  pkg.owner()\n" + deep + "==================\n"
	short := shorten(race)
	for _, want := range []string{"  pkg.writer()\n", "  pkg.other()\n", "  pkg.owner()\n", "  ... the rest of this stack left out ...\n"} {
		if !strings.Contains(short, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if n := strings.Count(short, "\n"); n > 3*(shownStack+4) {
		t.Errorf("%d lines of one race are shown", n)
	}
	if own := strings.Repeat("  a test's own lines\n", 100); shorten(own) != own {
		t.Error("lines that are no stack were left out")
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a\n", shownFirst) + strings.Repeat("b\n", 7) + strings.Repeat("c\n", shownLast)
	short := shorten(long)
	if strings.Contains(short, "b\n") || !strings.Contains(short, "... 8 lines left out") || !strings.HasSuffix(short, "c\nc\n") {
		t.Errorf("shortened to %q", short)
	}
	if all := strings.Repeat("a\n", shownFirst+shownLast); shorten(all) != all {
		t.Error("an output of the size that is shown was shortened")
	}
}
