package dialecttest

import (
	"fmt"
	"os"
	"strings"
)

// CorpusStatement is one line of a corpus.
type CorpusStatement struct{ Name, Text string }

// Corpus reads a file of statements, each on a line of its own behind a name and a tab.
// A line end inside a statement is written \n.
func Corpus(path string) ([]CorpusStatement, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the test's own
	if err != nil {
		return nil, fmt.Errorf("dialecttest: %w", err)
	}
	var list []CorpusStatement
	for line := range strings.Lines(string(data)) {
		name, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			return nil, fmt.Errorf("dialecttest: a line of %s has no tab: %q", path, line)
		}
		list = append(list, CorpusStatement{Name: name, Text: strings.ReplaceAll(text, `\n`, "\n")})
	}
	return list, nil
}
