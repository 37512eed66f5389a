package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cacheops/cacheops"
)

// explainFlags are the flags of explain.
type explainFlags struct {
	db, schema string
	json       bool
}

func newExplain() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   `explain [flags] "SQL" [argument ...]`,
		Short: "Tell what a statement depends on, or what it would drop",
		Long: `Tells what the cache makes of one statement: of a read the tables, the conditions
that a change must meet to drop its result, and whether it is cached; of a write what
it would drop. Nothing is run.

The schema is that of the demo's shop, unless --db or --schema gives another.

Arguments follow the statement: 7 is an integer, 7.5 a float, NULL is NULL, anything
else is a text. '7', in single quotes, is the text 7.`,
		Example: `  cacheops explain "SELECT name FROM products WHERE category_id = ?" 3
  cacheops explain --db app.sqlite "SELECT * FROM users WHERE email = ?" ada@example.org
  cacheops explain "UPDATE products SET stock = 0 WHERE id = ?" 7`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misuse("cacheops: explain needs a statement, in quotes: cacheops explain \"SELECT ...\"")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			values, err := values(cmd, args[1:])
			if err != nil {
				return err
			}
			out := newScreen(cmd.OutOrStdout(), environment())
			return runExplain(cmd.Context(), out, cmd.OutOrStdout(), f, args[0], values)
		},
	}
	flags := cmd.Flags()
	// -5 after the statement is a number, not a flag.
	flags.SetInterspersed(false)
	flags.StringVar(&f.db, "db", "", "take the schema of this SQLite `file`, without writing to it")
	flags.StringVar(&f.schema, "schema", "", "take the schema that the SQL in this `file` makes")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("db", "schema")
	return cmd
}

// values reads the arguments of the statement. One that looks like a flag of
// ours was meant as one.
func values(cmd *cobra.Command, words []string) ([]any, error) {
	out := make([]any, len(words))
	for i, word := range words {
		name, _, _ := strings.Cut(word, "=")
		if flag := strings.TrimPrefix(name, "--"); flag != name && (flag == "help" || cmd.Flags().Lookup(flag) != nil) {
			return nil, misuse("cacheops: %s comes after the statement: put flags before it, or the text into single quotes", name)
		}
		out[i] = value(word)
	}
	return out, nil
}

// value reads one argument.
func value(word string) any {
	if strings.EqualFold(word, "NULL") {
		return nil
	}
	if i, err := strconv.ParseInt(word, 10, 64); err == nil {
		return i
	}
	// ParseFloat takes words such as "inf" too, which are texts here.
	if strings.Trim(word, "0123456789+-.eE") == "" {
		if f, err := strconv.ParseFloat(word, 64); err == nil {
			return f
		}
	}
	if n := len(word); n >= 2 && word[0] == '\'' && word[n-1] == '\'' {
		return strings.ReplaceAll(word[1:n-1], "''", "'")
	}
	return word
}

// explained is a schema that statements can be explained with.
type explained struct {
	name     string // of the schema, for the reader
	bare     *sql.DB
	cached   *cachedDB
	clearing func() error
}

func (e *explained) Close() error {
	var errs []error
	if e.cached != nil {
		errs = append(errs, e.cached.Close())
	}
	if e.bare != nil {
		errs = append(errs, e.bare.Close())
	}
	if e.clearing != nil {
		errs = append(errs, e.clearing())
	}
	return errors.Join(errs...)
}

// openExplained opens the schema that the flags ask for.
func openExplained(ctx context.Context, f explainFlags) (e *explained, err error) {
	e = new(explained)
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	var dsn string
	if f.db != "" {
		file, err := findUserFile(f.db)
		if err != nil {
			return e, err
		}
		e.name, dsn = f.db, file.dsn
		if e.bare, err = file.open(ctx); err != nil {
			return e, err
		}
	} else if dsn, err = e.makeSchema(ctx, f.schema); err != nil {
		return e, err
	}
	e.cached, err = openCached(dsn, 1)
	return e, err
}

// makeSchema makes an empty database of a file's SQL, or of the shop's, in a
// folder that goes when the schema is closed.
func (e *explained) makeSchema(ctx context.Context, file string) (dsn string, err error) {
	e.name = "the demo's shop; --db or --schema gives another"
	text := shopSchema
	if file != "" {
		e.name = file
		content, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("cacheops: read the file given with --schema: %w", err)
		}
		text = string(content)
	}
	dir, err := os.MkdirTemp("", "cacheops-schema-")
	if err != nil {
		return "", fmt.Errorf("cacheops: make a folder for the schema: %w", err)
	}
	e.clearing = func() error { return os.RemoveAll(dir) }
	s := shopOf(dir, minRows)
	if e.bare, err = s.open(1); err != nil {
		return "", err
	}
	if _, err := e.bare.ExecContext(ctx, text); err != nil {
		return "", fmt.Errorf("cacheops: make the schema of %s: %w", e.name, err)
	}
	return s.dsn(), nil
}

// accept asks the database whether it knows such a statement with so many
// arguments. It runs nothing of it.
func (e *explained) accept(ctx context.Context, kind, statement string, args []any) error {
	stmt, err := e.bare.PrepareContext(ctx, statement)
	if err != nil {
		return fmt.Errorf("cacheops: the database refuses the statement: %w", err)
	}
	defer func() { _ = stmt.Close() }() // it was never run
	if !slices.Contains([]string{"select", "insert", "update", "delete"}, kind) {
		return nil
	}
	// EXPLAIN compiles and binds, and returns the program instead of running it.
	try := func(args []any) error {
		_, err := readTable(ctx, e.bare, "EXPLAIN "+statement, args...)
		return err
	}
	if err := try(args); err != nil {
		return fmt.Errorf("cacheops: the database refuses the statement with %s: %w", plural(len(args), "argument", "arguments"), err)
	}
	if n := len(args); n > 0 && try(args[:n-1]) == nil {
		return fmt.Errorf("cacheops: %s given, but the statement has fewer parameters: remove the last, or put the statement into quotes", plural(n, "argument", "arguments"))
	}
	return nil
}

// runExplain explains a statement to the screen, or to raw as JSON.
func runExplain(ctx context.Context, out *screen, raw io.Writer, f explainFlags, statement string, args []any) (err error) {
	e, err := openExplained(ctx, f)
	if err != nil {
		return err
	}
	defer closing(e, &err)
	x, err := e.cached.explain(ctx, statement, args...)
	if err != nil {
		return err
	}
	if err := e.accept(ctx, x.Kind, statement, args); err != nil {
		return err
	}
	if f.json {
		return printJSON(raw, e.name, statement, x)
	}
	printExplanation(out, e.name, statement, x)
	return nil
}

// printExplanation prints it for people.
func printExplanation(out *screen, schema, statement string, x *cacheops.Explanation) {
	for _, line := range wrapped(printable(statement), pageWidth) {
		out.line(styleTitle.Render(line))
	}
	out.line()
	fact := func(name string, texts ...string) {
		for _, text := range texts {
			for _, line := range wrapped(printable(text), pageWidth-factIndent) {
				out.fact(name, line)
				name = ""
			}
		}
	}
	out.fact("schema", tail(printable(schema), pageWidth-factIndent))
	fact("kind", x.Kind)
	if x.Op != 0 {
		fact("op", x.Op.String())
	}
	if len(x.Tables) > 0 {
		fact("tables", strings.Join(x.Tables, ", "))
	}
	if x.Cacheable {
		fact("depends on", x.Depends...)
	}
	fact("writes", x.Writes...)
	text, good := judge(x)
	style := styleMiss
	if good {
		style = styleHit
	}
	for i, line := range wrapped(printable(text), pageWidth-factIndent) {
		out.fact([]string{"verdict", ""}[min(i, 1)], style.Render(line))
	}
}

// judge says in a line what becomes of a statement, and whether the cache
// takes part as well as it can.
func judge(x *cacheops.Explanation) (text string, good bool) {
	switch {
	case x.Cached:
		return "cached; a change that meets a condition drops it", true
	case x.Kind == "select":
		return "not cached: " + x.Reason, false
	case len(x.Writes) > 0:
		return "a write; once committed it drops what depends on that", true
	default:
		return "passed on; drops nothing", true
	}
}

// explanationJSON is the form of --json.
type explanationJSON struct {
	Statement string   `json:"statement"`
	Schema    string   `json:"schema"`
	Kind      string   `json:"kind"`
	Op        string   `json:"op,omitempty"`
	Tables    []string `json:"tables"`
	Cached    bool     `json:"cached"`
	Reason    string   `json:"reason,omitempty"`
	Depends   []string `json:"dependsOn"`
	Writes    []string `json:"writes"`
}

// printJSON prints it for programs.
func printJSON(w io.Writer, schema, statement string, x *cacheops.Explanation) error {
	j := explanationJSON{
		Statement: statement, Schema: schema, Kind: x.Kind, Tables: orEmpty(x.Tables),
		Cached: x.Cached, Depends: orEmpty(x.Depends), Writes: orEmpty(x.Writes),
	}
	if x.Op != 0 {
		j.Op = x.Op.String()
	}
	if !x.Cached {
		j.Reason = x.Reason
	}
	if !x.Cacheable {
		j.Depends = []string{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(j); err != nil {
		return fmt.Errorf("cacheops: print JSON: %w", err)
	}
	return nil
}

// orEmpty makes a list that JSON shows as one.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
