package postgres

import "testing"

// idleSchema has triggers that may run although no row is changed, and count that.
var idleSchema = []string{
	"CREATE SEQUENCE calls",
	"CREATE FUNCTION call() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''calls''); RETURN NULL; END'",
	"CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''calls''); NEW.n := NEW.n + 1; RETURN NEW; END'",
	"CREATE TABLE stated (id int PRIMARY KEY, n int)", "INSERT INTO stated VALUES (1, 1)",
	"CREATE TRIGGER call AFTER UPDATE ON stated FOR EACH STATEMENT EXECUTE FUNCTION call()",
	"CREATE TABLE refused (id int PRIMARY KEY, n int)", "INSERT INTO refused VALUES (1, 1)",
	"CREATE TRIGGER call BEFORE UPDATE ON refused FOR EACH ROW EXECUTE FUNCTION call()",
	"CREATE TABLE passed (id int PRIMARY KEY, n int)", "INSERT INTO passed VALUES (1, 1)",
	"CREATE TRIGGER pass BEFORE UPDATE ON passed FOR EACH ROW EXECUTE FUNCTION pass()",
}

// A trigger runs as often as it does for the bare program, also where a statement
// changes no row.
func TestImagesOfIdleTriggers(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := imageShop(t, driverName, idleSchema...)
		calls := func() string {
			n, _ := s.readWith(t.Context(), t, s.bare, "SELECT nextval('calls')")
			exec(t, s.bare, "ALTER SEQUENCE calls RESTART")
			return n
		}
		for _, write := range []string{
			"UPDATE stated SET n = 2 WHERE id = 1", "UPDATE stated SET n = 2 WHERE id = 9",
			"UPDATE refused SET n = 2 WHERE id = 1", "UPDATE refused SET n = 2 WHERE id = 9",
			"UPDATE passed SET n = 2 WHERE id = 1", "UPDATE passed SET n = 2 WHERE id = 9",
		} {
			s.fill(t, "SELECT n FROM stated WHERE n > 0", "SELECT n FROM refused WHERE n > 0", "SELECT n FROM passed WHERE n > 0")
			run(t, s.bare, write)
			want := calls()
			run(t, s.cached, write)
			if got := calls(); got != want {
				t.Errorf("CALLS: %s: the next call is %s, with the bare program %s", write, got, want)
			}
		}
	})
}
