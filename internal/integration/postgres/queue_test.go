package postgres

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
)

// Workers that take jobs from a table, each the first one that nobody else has: each
// job is taken once, nobody waits for another, and what is counted is never behind what
// a worker has done.
func TestJobQueue(t *testing.T) {
	t.Parallel()
	const jobs, workers = 60, 5
	for name, take := range map[string]string{
		"update":       "UPDATE jobs SET state = 'done' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
		"update in":    "UPDATE jobs SET state = 'done' WHERE id IN (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
		"with":         "WITH next AS (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE jobs SET state = 'done' FROM next WHERE jobs.id = next.id RETURNING jobs.id",
		"delete":       "DELETE FROM jobs WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
		"delete using": "DELETE FROM jobs USING (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) AS next WHERE jobs.id = next.id RETURNING jobs.id",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newCachedPostgres(t, driverName, nil)
				exec(t, s.bare, "CREATE TABLE jobs (id int PRIMARY KEY, state text NOT NULL)", "INSERT INTO jobs SELECT n, 'new' FROM generate_series(1, 60) AS n")
				const left = "SELECT count(*) FROM jobs WHERE state = 'new'"
				s.want(t, "60", false, left)
				var mu sync.Mutex // guards taken and errs
				taken := map[int]int{}
				var errs []error
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						err := func() error {
							for {
								var id int
								err := s.cached.QueryRowContext(context.Background(), take).Scan(&id)
								if errors.Is(err, sql.ErrNoRows) {
									return nil
								}
								if err != nil {
									return err
								}
								mu.Lock()
								taken[id]++
								least := len(taken)
								mu.Unlock()
								var n int
								if err := s.cached.QueryRowContext(context.Background(), left).Scan(&n); err != nil {
									return err
								}
								if n > jobs-least {
									return errors.New("STALE: more are left than can be")
								}
							}
						}()
						mu.Lock()
						errs = append(errs, err)
						mu.Unlock()
					})
				}
				wg.Wait()
				if err := errors.Join(errs...); err != nil {
					t.Fatal(err)
				}
				for id, n := range taken {
					if n != 1 {
						t.Errorf("job %d was taken %d times", id, n)
					}
				}
				if len(taken) != jobs {
					t.Errorf("%d jobs were taken", len(taken))
				}
				if rows, _ := s.read(t, left); rows != "0" {
					t.Errorf("STALE: %q are left", rows)
				}
				s.want(t, "0", true, left)
			})
		})
	}
}
