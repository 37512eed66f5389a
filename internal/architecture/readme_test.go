package architecture

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReadme shows that the README, and what is told of each database, hold no Go that is
// not compiled and, in Examples with an output, run.
func TestReadme(t *testing.T) {
	t.Parallel()
	rootDir := filepath.Join("..", "..")
	names, err := filepath.Glob(filepath.Join(rootDir, "example*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names = append(names, filepath.Join(rootDir, "cachetest", "example_test.go"))
	more, err := filepath.Glob(filepath.Join(rootDir, "examples", "*", "example*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	examples := make(map[string]string)
	for _, name := range slices.Concat(names, more) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples[name] = string(text)
	}
	if len(names) == 0 || len(more) < 7 {
		t.Errorf("found the examples %q and %q: that is not all", names, more)
	}
	for _, doc := range []struct {
		name   string
		blocks int // at least
	}{{"README.md", 10}, {"docs/mysql.md", 3}, {"docs/postgres.md", 1}} {
		text, err := os.ReadFile(filepath.Join(rootDir, filepath.FromSlash(doc.name)))
		if err != nil {
			t.Fatal(err)
		}
		blocks := goBlocks(string(text))
		if len(blocks) < doc.blocks {
			t.Errorf("found %d blocks of Go in %s: that is not all", len(blocks), doc.name)
		}
		for _, violation := range checkReadme(blocks, examples) {
			t.Errorf("%s %s", doc.name, violation)
		}
	}
}

// checkReadme: each block's paragraphs must stand in one example, with the same
// lines. Their indentation may differ.
func checkReadme(blocks []string, examples map[string]string) (found []string) {
	for _, block := range blocks {
		shown := func(text string) bool {
			text = unindented(text)
			for paragraph := range strings.SplitSeq(unindented(block), "\n\n") {
				if !strings.Contains("\n"+text+"\n", "\n"+strings.Trim(paragraph, "\n")+"\n") {
					return false
				}
			}
			return true
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(examples)), shown) {
			found = append(found, fmt.Sprintf("holds Go that stands in no example*_test.go of the root folder or of examples:\n%s", block))
		}
	}
	return found
}

// goBlocks returns the blocks of Go in a text of Markdown.
func goBlocks(markdown string) (blocks []string) {
	var block []string
	inside := false
	for line := range strings.SplitSeq(markdown, "\n") {
		switch {
		case !inside && strings.HasPrefix(line, "```go"):
			inside, block = true, nil
		case inside && strings.HasPrefix(line, "```"):
			inside, blocks = false, append(blocks, strings.Join(block, "\n"))
		case inside:
			block = append(block, line)
		}
	}
	return blocks
}

// unindented takes the white space around every line away.
func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

// TestReadmeRuleFinds shows that the rule finds what it forbids.
func TestReadmeRuleFinds(t *testing.T) {
	t.Parallel()
	examples := map[string]string{
		"a": "package a\n\nfunc f() {\n\tx := 1\n\tg(x)\n\n\tif x {\n\t\th(x)\n\t}\n}\n\n// y := 2\n",
		"b": "package b\n\nvar z = 3\n",
	}
	for block, want := range map[string]int{
		"x := 1\ng(x)":           0,
		"if x {\n\th(x)\n}":      0,
		"x := 1\n\nh(x)":         0, // paragraphs may stand apart
		"x := 1\ng(y)":           1,
		"g(x)\nx := 1":           1,
		":= 1":                   1, // whole lines
		"y := 2":                 1, // code, no comment
		"x := 1\n\nvar z = 3":    1, // of one file
		"x := 1\ng(x)\n\nelse()": 1,
	} {
		markdown := "text\n\n```go\n" + block + "\n```\n\n```text\nnot Go\n```\n"
		blocks := goBlocks(markdown)
		if len(blocks) != 1 || blocks[0] != block {
			t.Fatalf("the blocks of %q are %q", markdown, blocks)
		}
		if found := checkReadme(blocks, examples); len(found) != want {
			t.Errorf("%q: found %q, want %d", block, found, want)
		}
	}
}
