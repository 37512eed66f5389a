package postgres

import (
	"database/sql"
	"errors"
	"testing"
)

// lockSchema has children whose rows a deletion of their parent changes, each with
// one that refers to them.
var lockSchema = []string{
	"CREATE TABLE shops (id int PRIMARY KEY, tenant int, UNIQUE (tenant, id))",
	"CREATE TABLE halls (id int PRIMARY KEY, tenant int, shop int, UNIQUE (tenant, id), FOREIGN KEY (tenant, shop) REFERENCES shops (tenant, id) ON DELETE SET NULL (shop))",
	"CREATE TABLE slots (id int PRIMARY KEY, tenant int, shop int DEFAULT 2, UNIQUE (tenant, id), FOREIGN KEY (tenant, shop) REFERENCES shops (tenant, id) ON DELETE SET DEFAULT (shop))",
	"CREATE TABLE doors (id int PRIMARY KEY, tenant int DEFAULT 1, shop int DEFAULT 2, UNIQUE (tenant, id), FOREIGN KEY (tenant, shop) REFERENCES shops (tenant, id) ON DELETE SET DEFAULT)",
	"CREATE TABLE signs (id int PRIMARY KEY, shop int UNIQUE REFERENCES shops ON DELETE SET NULL)",
	"CREATE TABLE lamps (id int PRIMARY KEY, sign int REFERENCES signs (shop) ON DELETE CASCADE ON UPDATE CASCADE)",
	"CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hall int REFERENCES halls, slot int REFERENCES slots, door int REFERENCES doors, lamp int REFERENCES lamps)",
	"INSERT INTO shops VALUES (1, 1), (2, 1)", "INSERT INTO halls VALUES (1, 1, 1), (2, 1, 2)", "INSERT INTO slots VALUES (1, 1, 1), (2, 1, 2)",
	"INSERT INTO doors VALUES (1, 1, 1), (2, 1, 2)", "INSERT INTO signs VALUES (1, 1), (2, 2)", "INSERT INTO lamps VALUES (1, 1), (2, 2)",
}

// What a deletion changes is locked as it will be changed, and no stronger: two
// sessions that refer to a child, and then delete its parent, pass each other.
func TestImagesOfDeletedParents(t *testing.T) {
	t.Parallel()
	const second = "DELETE FROM shops WHERE id = 1"
	for name, first := range map[string]string{
		"SET NULL beside a key":         "INSERT INTO users (hall) VALUES (1)",
		"a child of another parent":     "INSERT INTO users (hall) VALUES (2)",
		"SET DEFAULT beside a key":      "INSERT INTO users (slot) VALUES (1)",
		"SET DEFAULT to the same":       "INSERT INTO users (door) VALUES (1)",
		"ON UPDATE of what is set NULL": "INSERT INTO users (lamp) VALUES (1)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newCachedPostgres(t, driverName, nil)
				exec(t, s.bare, lockSchema...)
				if err := pair(t.Context(), s.bare, first, second); err != nil {
					t.Fatalf("the bare program: %v", err)
				}
				exec(t, s.bare, "TRUNCATE shops, halls, slots, doors, signs, lamps, users")
				exec(t, s.bare, lockSchema[7:]...)
				s.forget(t)
				changed := []string{"SELECT shop FROM halls WHERE id = 1", "SELECT shop FROM slots WHERE id = 1", "SELECT shop FROM doors WHERE id = 1", "SELECT shop FROM signs WHERE id = 1", "SELECT sign FROM lamps WHERE id = 1"}
				kept := []string{"SELECT shop FROM halls WHERE id = 2", "SELECT shop FROM slots WHERE id = 2", "SELECT shop FROM signs WHERE id = 2", "SELECT sign FROM lamps WHERE id = 2"}
				before := s.fill(t, append(kept, changed...)...)
				if err := pair(t.Context(), s.cached, first, second); err != nil {
					t.Errorf("DEADLOCK: %v", err)
				}
				before.check(t, s, changed...)
			})
		})
	}
}

// Where triggers run before a row is changed PostgreSQL locks it by what the text
// assigns to. Who locks it weaker first is in the way of one who was there before.
func TestImagesBeforeTriggers(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newCachedPostgres(t, driverName, nil)
		exec(t, s.bare,
			"CREATE TABLE parents (id int PRIMARY KEY, name text UNIQUE, n int)", "CREATE TABLE children (id int GENERATED ALWAYS AS IDENTITY, parent int REFERENCES parents)",
			"CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
			"CREATE TRIGGER nothing BEFORE UPDATE ON parents FOR EACH ROW EXECUTE FUNCTION nothing()", "INSERT INTO parents VALUES (1, 'a', 1)")
		const save, saved = "UPDATE parents SET name = 'a', n = n + 1 WHERE n < 10", "SELECT n FROM parents WHERE id = 1"
		twice := func(db *sql.DB) error {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			run(t, tx, "INSERT INTO children (parent) VALUES (1)")
			wait := inBackground(func() error { _, err := db.ExecContext(t.Context(), save); return err })
			s.awaitLocks(t, 1)
			if _, err = tx.ExecContext(t.Context(), save); err != nil {
				err = errors.Join(err, tx.Rollback())
			} else {
				err = tx.Commit()
			}
			return errors.Join(err, wait())
		}
		if err := twice(s.bare); err != nil {
			t.Fatalf("the bare program: %v", err)
		}
		before := s.fill(t, saved)
		if err := twice(s.cached); err != nil {
			t.Errorf("DEADLOCK: %v", err)
		}
		before.check(t, s, saved)
	})
}
