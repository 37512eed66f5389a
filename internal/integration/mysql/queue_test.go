package mysql

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
)

// deadlock is the number of the error of who has to begin again.
const deadlock = 1213

// Workers that take jobs from a table, each the first one that nobody else has: each
// job is taken once, and what is counted is never behind what
// a worker has done.
func TestJobQueue(t *testing.T) {
	t.Parallel()
	const jobs, workers = 60, 5
	first := func(tx *sql.Tx, query string) (id int, err error) {
		return id, tx.QueryRow(query).Scan(&id)
	}
	for name, take := range map[string]func(s *cachedMySQL) (int, error){
		"update": func(s *cachedMySQL) (id int, err error) {
			err = inImageTx(context.Background(), s.cached, func(tx *sql.Tx) error {
				if id, err = first(tx, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"); err != nil {
					return err
				}
				_, err = tx.Exec("UPDATE jobs SET state = 'done' WHERE id = ?", id)
				return err
			})
			return id, err
		},
		"delete": func(s *cachedMySQL) (id int, err error) {
			err = inImageTx(context.Background(), s.cached, func(tx *sql.Tx) error {
				if id, err = first(tx, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"); err != nil {
					return err
				}
				_, err = tx.Exec("DELETE FROM jobs WHERE id = ?", id)
				return err
			})
			return id, err
		},
		"returning": func(s *cachedMySQL) (id int, err error) {
			return id, s.cached.QueryRow("DELETE FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 RETURNING id").Scan(&id)
		},
		"the last id": func(s *cachedMySQL) (int, error) {
			result, err := s.cached.Exec("UPDATE jobs SET state = 'done', id = LAST_INSERT_ID(id) WHERE state = 'new' ORDER BY id LIMIT 1")
			if err != nil {
				return 0, err
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				return 0, errors.Join(err, sql.ErrNoRows)
			}
			id, err := result.LastInsertId()
			return int(id), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachMode(t, func(t *testing.T, mode string) {
				s := newCachedMySQL(t, mode, nil)
				exec(t, s.bare, "CREATE TABLE jobs (id int PRIMARY KEY, state varchar(10) NOT NULL, KEY (state))", "INSERT INTO jobs SELECT seq, 'new' FROM seq_1_to_60")
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
								id, err := take(s)
								if errors.Is(err, sql.ErrNoRows) {
									return nil
								}
								if number(err) == deadlock {
									continue // two took locks of the same rows
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
