package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sound is a small project whose check works: a sum, its test, and a function
// that no test covers.
func sound(t *testing.T) tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/tiny\n\ngo 1.25\n",
		"sum.go":      "package tiny\n\nfunc sum(a, b int) int { return a + b }\n\nfunc untested() int { return 1 }\n",
		"sum_test.go": "package tiny\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif sum(2, 3) != 5 || untested() == 0 {\n\t\tt.Fail()\n\t}\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return tree(dir)
}

func TestTry(t *testing.T) {
	t.Parallel()
	check := []string{"go", "test", "./..."}
	for name, test := range map[string]struct {
		b    breakage
		want string // in the error; empty when the breakage is noticed
	}{
		"noticed":         {breakage{File: "sum.go", Old: "a + b", New: "a - b", Check: check, Want: "TestSum"}, ""},
		"not noticed":     {breakage{File: "sum.go", Old: "return 1", New: "return 2", Check: check, Want: "TestSum"}, "checks nothing"},
		"wrong test":      {breakage{File: "sum.go", Old: "a + b", New: "a - b", Check: check, Want: "TestProduct"}, "without a word"},
		"does not build":  {breakage{File: "sum.go", Old: "a + b", New: "a + c", Check: check, Want: "FAIL"}, "does not build"},
		"text is gone":    {breakage{File: "sum.go", Old: "a * b", New: "a - b", Check: check}, "0 times"},
		"text is twice":   {breakage{File: "sum.go", Old: "int {", New: "int64 {", Check: check}, "2 times"},
		"file is gone":    {breakage{File: "product.go", Old: "a", New: "b", Check: check}, "product.go"},
		"check is broken": {breakage{File: "sum.go", Old: "a + b", New: "a - b", Check: []string{"go", "vat"}}, "the unbroken project fails"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copied := sound(t)
			before, err := os.ReadFile(filepath.Join(string(copied), "sum.go"))
			if err != nil {
				t.Fatal(err)
			}
			err = copied.try(t.Context(), []breakage{test.b}, time.Time{})
			if test.want == "" && err != nil {
				t.Error(err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error is %v, want one about %q", err, test.want)
			}
			if after, err := os.ReadFile(filepath.Join(string(copied), "sum.go")); err != nil || string(after) != string(before) {
				t.Errorf("the copy was not mended: %q, %v", after, err)
			}
		})
	}
}

func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, b := range breakages {
		if b.Name == "" || b.File == "" || b.Old == "" || b.Old == b.New || len(b.Check) == 0 || b.Want == "" {
			t.Errorf("%q lacks something: %+v", b.Name, b)
		}
		if seen[b.Name] {
			t.Errorf("%q is there twice", b.Name)
		}
		seen[b.Name] = true
	}
}

// TestTableFitsTheCode: a line that has moved on is found here, and not minutes
// later by the self-test.
func TestTableFitsTheCode(t *testing.T) {
	t.Parallel()
	root := tree(filepath.Join("..", "..", ".."))
	for _, b := range breakages {
		if _, err := root.broken(b); err != nil {
			t.Error(err)
		}
	}
}
