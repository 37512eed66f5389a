package dialecttest

import "github.com/cacheops/cacheops/dialect"

// GuessMisses says what a statement that was guessed from its tokens tells less than the
// same statement parsed; empty where that is nothing. Fold maps a name to the form in
// which the dialect compares names.
func GuessMisses(parsed, guessed *dialect.Statement, fold func(string) string) string {
	switch {
	case guessed.Kind == dialect.KindUnknown:
		return ""
	case guessed.Kind != parsed.Kind:
		return "the kind: " + parsed.Kind.String() + " became " + guessed.Kind.String()
	case guessed.Taint&parsed.Taint != parsed.Taint:
		return "a taint"
	case guessed.Params < parsed.Params || parsed.NamedParams && !guessed.NamedParams:
		return "a parameter"
	}
	folded := func(lists ...[]dialect.Name) map[dialect.Name]bool {
		set := make(map[dialect.Name]bool)
		for _, list := range lists {
			for _, n := range list {
				set[dialect.Name{Schema: fold(n.Schema), Name: fold(n.Name)}] = true
			}
		}
		return set
	}
	writes, all := folded(guessed.Writes), folded(guessed.Writes, guessed.Reads)
	for n := range folded(parsed.Writes) {
		if !writes[n] {
			return "a write: " + n.String()
		}
	}
	for n := range folded(parsed.Reads) {
		if !all[n] {
			return "a table: " + n.String()
		}
	}
	foreign := make(map[string]bool)
	for _, name := range guessed.Foreigns {
		foreign[name] = true
	}
	for _, name := range parsed.Foreigns {
		if !foreign[name] {
			return "a function: " + name
		}
	}
	return ""
}
