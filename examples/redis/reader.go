package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// question is what the writer asks the reader, over the reader's standard input.
// The first question has the settings.
type question struct {
	Settings *settings
	Read     int  // the number of a post, or 0
	Counts   bool // for the counts
}

// answer is what the reader says, over its standard output.
type answer struct {
	Post   post
	Counts counts
	Error  string
}

// serve is the second process: it answers questions until there are no more.
func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	var p *program
	defer func() {
		if p != nil {
			p.close()
		}
	}()
	for {
		var q question
		if err := questions.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a answer
		var err error
		switch {
		case q.Settings != nil && p == nil:
			p, err = open(ctx, *q.Settings)
		case p == nil:
			err = errors.New("the first question has no settings: -reader is for the writer, who starts it")
		case q.Counts:
			a.Counts = p.counts()
		default:
			a.Post, err = p.read(ctx, q.Read)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// readerProcess is the second process as the first one sees it.
type readerProcess struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	questions *json.Encoder
	answers   *json.Decoder
}

// startReader starts this program once more.
func startReader(ctx context.Context, s settings) (*readerProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &readerProcess{cmd: exec.CommandContext(ctx, self, "-reader")} //nolint:gosec // it is this program
	r.cmd.Stderr = os.Stderr
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	r.questions, r.answers = json.NewEncoder(r.in), json.NewDecoder(out)
	if _, err := r.ask(question{Settings: &s}); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// ask waits for the answer to a question.
func (r *readerProcess) ask(q question) (answer, error) {
	var a answer
	if err := r.questions.Encode(q); err != nil {
		return a, fmt.Errorf("ask the reader: %w", err)
	}
	if err := r.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("wait for the reader: %w", err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("the reader: %s", a.Error)
	}
	return a, nil
}

// read has the reader read a post.
func (r *readerProcess) read(_ context.Context, id int) (post, error) {
	a, err := r.ask(question{Read: id})
	return a.Post, err
}

func (r *readerProcess) pid() int { return r.cmd.Process.Pid }

// stop ends the process, by the end of its input, and waits for it.
func (r *readerProcess) stop() {
	_ = r.in.Close()
	_ = r.cmd.Wait() // what went wrong it has said
}
