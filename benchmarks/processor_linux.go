package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// onOneProcessor puts the program, and all that it starts from now on, onto one
// processor, until restore is called.
func onOneProcessor() (restore func() error, err error) {
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, fmt.Errorf("ask for the processors that may be used: %w", err)
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if before.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := moveThreads(&one); err != nil {
		return nil, err
	}
	procs := runtime.GOMAXPROCS(1)
	return func() error {
		runtime.GOMAXPROCS(procs)
		return moveThreads(&before)
	}, nil
}

// moveThreads moves each thread of the program: the call that does it moves one, and
// threads to come begin where the one is that starts them. So it looks again until it
// has met no new thread.
func moveThreads(to *unix.CPUSet) error {
	moved := make(map[int]bool)
	for again := true; again; {
		again = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list the threads: %w", err)
		}
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil || moved[id] {
				continue
			}
			moved[id], again = true, true
			if err := unix.SchedSetaffinity(id, to); err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
				return fmt.Errorf("choose the processors of a thread: %w", err)
			}
		}
	}
	return nil
}
