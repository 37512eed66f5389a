package postgres

import "testing"

// movedSchema has triggers that log which rows come to a partition and which go.
var movedSchema = []string{
	"CREATE TABLE journal (id int, what text)",
	"CREATE TABLE parcels (id int, depot int, weight int, PRIMARY KEY (id, depot)) PARTITION BY RANGE (depot)",
	"CREATE TABLE parcels_low PARTITION OF parcels FOR VALUES FROM (0) TO (10)",
	"CREATE TABLE parcels_high PARTITION OF parcels FOR VALUES FROM (10) TO (20)",
	"CREATE TABLE parcels_rest PARTITION OF parcels DEFAULT PARTITION BY LIST (id)",
	"CREATE TABLE parcels_rest_1 PARTITION OF parcels_rest FOR VALUES IN (1)",
	"CREATE TABLE parcels_rest_2 PARTITION OF parcels_rest DEFAULT",
	"CREATE FUNCTION come() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO journal VALUES (NEW.id, TG_OP); RETURN NEW; END'",
	"CREATE FUNCTION go() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO journal VALUES (OLD.id, TG_OP); RETURN OLD; END'",
	"INSERT INTO parcels VALUES (1, 1, 1), (2, 1, 2), (3, 11, 3), (4, 21, 4)",
	"CREATE TRIGGER come BEFORE INSERT ON parcels_high FOR EACH ROW EXECUTE FUNCTION come()",
	"CREATE TRIGGER go AFTER DELETE ON parcels_rest FOR EACH ROW EXECUTE FUNCTION go()",
	// A trigger may move a row as well.
	"CREATE TABLE letters (id int PRIMARY KEY, depot int)",
	"CREATE TABLE mail (id int, depot int REFERENCES letters (id) ON UPDATE CASCADE, next int) PARTITION BY LIST (depot)",
	"CREATE TABLE mail_1 PARTITION OF mail FOR VALUES IN (1)",
	"CREATE TABLE mail_rest PARTITION OF mail DEFAULT",
	"CREATE FUNCTION forward() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.depot := COALESCE(NEW.next, NEW.depot); RETURN NEW; END'",
	"CREATE TRIGGER forward BEFORE UPDATE ON mail FOR EACH ROW EXECUTE FUNCTION forward()",
	"CREATE TRIGGER come AFTER INSERT ON mail FOR EACH ROW EXECUTE FUNCTION come()",
	"INSERT INTO letters VALUES (1, 1), (2, 2), (3, 3)",
	"INSERT INTO mail VALUES (1, 1, NULL), (2, 1, NULL), (3, 3, NULL)",
}

const (
	journal      = "SELECT count(*) FROM journal"
	parcelsLight = "SELECT depot FROM parcels WHERE weight = 1"
	parcelsHeavy = "SELECT depot FROM parcels WHERE weight = 4"
	mailOne      = "SELECT depot FROM mail WHERE id = 1"
)

// An UPDATE that moves a row to another partition sets off the triggers of rows that
// are deleted and inserted. One that cannot does not.
func TestImagesOfMoves(t *testing.T) {
	t.Parallel()
	checkImages(t, []imageCase{
		{name: "in", schema: movedSchema, write: "UPDATE parcels SET depot = 12 WHERE id = 1 AND depot = 1",
			drops: []string{journal, parcelsLight}},
		{name: "out", schema: movedSchema, write: "UPDATE parcels SET depot = depot - 20 WHERE weight = 4 RETURNING *",
			drops: []string{journal, parcelsHeavy}},
		{name: "between those of a partition", schema: movedSchema, write: "UPDATE parcels_rest SET id = 1 WHERE weight = 4",
			drops: []string{journal, "SELECT id FROM parcels WHERE weight = 4"}},
		{name: "nowhere", schema: movedSchema, write: "UPDATE parcels SET weight = 5 WHERE id = 4 AND depot = 21",
			drops: []string{parcelsHeavy}, keeps: []string{journal, parcelsLight}},
		{name: "by a trigger", schema: movedSchema, write: "UPDATE mail SET next = 2 WHERE id = 1", drops: []string{journal, mailOne}},
		{name: "by a foreign key", schema: movedSchema, write: "UPDATE letters SET id = 5 WHERE id = 1", drops: []string{journal, mailOne}},
	}, eachDriver)
}
