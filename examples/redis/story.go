package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// rounds is how often the writer writes and the reader reads, at the end.
const rounds = 200

// story is what the two processes do, one after the other.
type story struct {
	out    io.Writer
	writer *program
	reader *readerProcess
}

// tell has the two processes read and write. It stops at the first error.
func (s *story) tell(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.reads(1, ""),
		s.reads(1, ""),
		s.reads(3, ""),
		s.writerReads(1, "stored by the reader"),
		s.writes("UPDATE posts SET title = 'Hello, all' WHERE id = 1"),
		s.reads(1, "new, at once"),
		s.reads(3, "another row: kept"),
		s.reads(1, ""),
		s.writerReads(1, ""),
		s.count,
		s.sums,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// reads has the reader read a post.
func (s *story) reads(id int, note string) func(context.Context) error {
	return s.line("reader", s.read, id, note)
}

func (s *story) read(ctx context.Context, id int) (post, error) { return s.reader.read(ctx, id) }

// writerReads has the writer read a post.
func (s *story) writerReads(id int, note string) func(context.Context) error {
	return s.line("writer", s.writer.read, id, note)
}

// line prints a read.
func (s *story) line(who string, read func(context.Context, int) (post, error), id int, note string) func(context.Context) error {
	return func(ctx context.Context) error {
		p, err := read(ctx, id)
		if err != nil {
			return err
		}
		if note != "" {
			note = "   " + note
		}
		fmt.Fprintf(s.out, "%s  reads post %d   %-12s %-8s %8s%s\n", who, id, p.Title, p.From, rounded(p.Took), note)
		return nil
	}
}

// writes has the writer run a statement.
func (s *story) writes(statement string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := s.writer.db.ExecContext(ctx, statement)
		fmt.Fprintf(s.out, "writer  %s\n", statement)
		return err
	}
}

// count has the writer count the views of a post, and the reader look at each
// number. A number that is old ends the example.
func (s *story) count(ctx context.Context) error {
	if _, err := s.writer.db.ExecContext(ctx, "UPDATE posts SET views = 0 WHERE id = 1"); err != nil {
		return err
	}
	kept := 0
	for n := 1; n <= rounds; n++ {
		if _, err := s.writer.db.ExecContext(ctx, "UPDATE posts SET views = views + 1 WHERE id = ?", 1); err != nil {
			return err
		}
		for range 2 { // a miss and a hit
			counted, err := s.reader.read(ctx, 1)
			if err != nil {
				return err
			}
			if counted.Views != n {
				return fmt.Errorf("STALE: the writer wrote %d views, and the reader read %d (%s)", n, counted.Views, counted.From)
			}
		}
		other, err := s.reader.read(ctx, 3)
		if err != nil {
			return err
		}
		if other.From == "cache" {
			kept++
		}
	}
	fmt.Fprintf(s.out, "\nThe writer counts the views of post 1 up to %d, and the reader reads each number,\n", rounds)
	fmt.Fprintf(s.out, "twice: %d numbers, 0 stale. Post 3 was read as often: %d of %d from the cache.\n\n", rounds, kept, rounds)
	return nil
}

// sums prints who answered the reads of each process.
func (s *story) sums(context.Context) error {
	a, err := s.reader.ask(question{Counts: true})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Who answered     %10s   %12s\n", "the cache", "the database")
	for _, p := range []struct {
		name string
		counts
	}{{"reader", a.Counts}, {"writer", s.writer.counts()}} {
		fmt.Fprintf(s.out, "   the %-8s  %10d   %12d\n", p.name, p.Cache, p.Database)
	}
	return nil
}

// rounded is a time as people read it.
func rounded(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%d us", d.Microseconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
