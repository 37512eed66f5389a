package main

// inScript runs one script of the command against real servers.
func inScript(name string) []string {
	return []string{"go", "test", "-timeout", "120s", "-run", "^TestScripts$/^" + name + "$", "./cmd/cacheops"}
}

// cliBreakages are of what the command drops and prints.
var cliBreakages = []breakage{
	{
		Name:  "the command leaves what databases share",
		File:  "cmd/cacheops/invalidate_redis.go",
		Old:   `"*": {DBAgnostic: true}`,
		New:   `"*": {DBAgnostic: false}`,
		Check: inScript("invalidate-shared"), Want: "is a hit",
	},
	{
		Name:  "the command does not see tables whose registry was lost",
		File:  "cmd/cacheops/known.go",
		Old:   "{rueidisstore.KeyEpoch, rueidisstore.KeyRegistry, rueidisstore.KeyMembers, rueidisstore.KeyWhole}",
		New:   "{rueidisstore.KeyRegistry}",
		Check: inScript("invalidate-shared"), Want: "exit code 1, want 0",
	},
	{
		Name:  "the command does not see tables of sets mode whose registry was lost",
		File:  "cmd/cacheops/known.go",
		Old:   "{rueidisstore.KeyEpoch, rueidisstore.KeyRegistry, rueidisstore.KeyMembers, rueidisstore.KeyWhole}",
		New:   "{rueidisstore.KeyEpoch, rueidisstore.KeyRegistry}",
		Check: inScript("invalidate-sets"), Want: "exit code 1, want 0",
	},
	{
		Name:  "the command drops stamps where the note of sets mode was lost",
		File:  "cmd/cacheops/mode.go",
		Old:   "			if n > 0 {\n",
		New:   "			if n < 0 {\n",
		Check: inScript("invalidate-sets"), Want: `is "stamps", want "sets"`,
	},
	{
		Name:  "the command reaps, and notes sets mode, where nobody has",
		File:  "cmd/cacheops/reap.go",
		Old:   "	case noted == rueidisstore.ModeSets:\n",
		New:   "	case noted != rueidisstore.ModeStamps:\n",
		Check: inScript("reap-places"), Want: "exit code 0, want 1",
	},
	{
		Name:  "the doctor has nothing against evictions in sets mode",
		File:  "cmd/cacheops/doctor_checks.go",
		Old:   `f.Status, f.Text = statusProblem, policy+": where a set`,
		New:   `f.Status, f.Text = statusWarning, policy+": where a set`,
		Check: inScript("doctor-sets"), Want: "exit code 0, want 1",
	},
	{
		Name:  "the doctor overlooks a right of sets mode",
		File:  "cmd/cacheops/doctor_rights.go",
		Old:   "\t\t{\"spop\", []string{\"SPOP\", key}},\n",
		New:   "",
		Check: []string{"go", "test", "-timeout", "60s", "-run", "^TestDoctorNoticesEachRightOfSets$", "./cmd/cacheops"}, Want: "--- FAIL: TestDoctorNoticesEachRightOfSets",
	},
	{
		Name:  "the doctor writes a key",
		File:  "cmd/cacheops/doctor_rights.go",
		Old:   `[]string{"SET", entry, "", "XX"}`,
		New:   `[]string{"SET", entry, ""}`,
		Check: []string{"go", "test", "-timeout", "60s", "-run", "^TestDoctorNoticesEachRight$", "./cmd/cacheops"}, Want: "the doctor leaves",
	},
	{
		Name:  "the command drops the table of one schema only",
		File:  "cmd/cacheops/known.go",
		Old:   "if len(list) > 0 {\n\t\t\treturn list\n\t\t}\n\t}\n\treturn nil",
		New:   "if len(list) > 0 {\n\t\t\treturn list[:1]\n\t\t}\n\t}\n\treturn nil",
		Check: inScript("invalidate-postgres"), Want: "FAIL: testdata/script/invalidate-postgres.txtar",
	},
	{
		Name:  "a row that is gone is dropped as if it had no values",
		File:  "cmd/cacheops/invalidate_redis.go",
		Old:   "p.Scope, p.Note = \"key\", \"the database has no such row any more",
		New:   "target = cacheops.Row(\"posts\", cacheops.Values{\"id\": -1})\n\t\t\tp.Scope, p.Note = \"key\", \"the database has no such row any more",
		Check: inScript("invalidate-sqlite"), Want: "is a hit",
	},
	{
		Name:  "a migration leaves results",
		File:  "internal/engine/engine.go",
		Old:   "return e.InvalidateAll(ctx, database, CauseSchema)\n}",
		New:   "return nil\n}",
		Check: inScript("invalidate-postgres"), Want: "is a hit",
	},
	{
		Name:  "a migration leaves plans",
		File:  "internal/engine/engine.go",
		Old:   "if err := e.schemaChanged(ctx, database); err != nil {\n\t\treturn err\n\t}\n\treturn e.InvalidateAll",
		New:   "return e.InvalidateAll",
		Check: inScript("invalidate-postgres"), Want: "is a hit",
	},
	{
		Name:  "the values of a row that was read are taken for arguments",
		File:  "internal/engine/target.go",
		Old:   "asked: true, given: !t.stored})",
		New:   "asked: true, given: true})",
		Check: []string{"go", "test", "-timeout", "60s", "-run", "^TestStoredRow$", "./internal/integration/postgres"}, Want: "--- FAIL: TestStoredRow",
	},
	{
		Name:  "the values of a row that was read are lost",
		File:  "internal/engine/stored.go",
		Old:   "full.Values[c.Name] = rows[0][i]",
		New:   "if full.Values[c.Name] = rows[0][i]; i > 0 {\n\t\t\tfull.Values[c.Name] = nil\n\t\t}",
		Check: onSQLite("TestStoredRow"), Want: "STALE",
	},
	{
		Name:  "everything is dropped without a yes",
		File:  "cmd/cacheops/confirm.go",
		Old:   "if a.yes || a.terminal {",
		New:   "if a.yes || a.terminal || len(what) > 0 {",
		Check: inScript("invalidate-sqlite"), Want: "exit code",
	},
	{
		Name:  "what was typed is repeated with its password",
		File:  "cmd/cacheops/main.go",
		Old:   "text := withoutSecrets(strings.TrimSpace(err.Error()))",
		New:   "text := strings.TrimSpace(err.Error())",
		Check: inScript("invalidate-misuse"), Want: "a password was printed",
	},
	{
		Name:  "a URL with a password in the wrong place is taken",
		File:  "cmd/cacheops/redisflags.go",
		Old:   "err != nil || misplaced(raw, u) ||",
		New:   "err != nil || u == nil ||",
		Check: inScript("invalidate-misuse"), Want: "no match for `is no URL`",
	},
	{
		Name:  "the doctor overlooks a right",
		File:  "cmd/cacheops/doctor_rights.go",
		Old:   "\t\t{\"zremrangebyscore\", []string{\"ZREMRANGEBYSCORE\", key, \"-inf\", \"0\"}},\n",
		New:   "",
		Check: []string{"go", "test", "-timeout", "60s", "-run", "^TestDoctorNoticesEachRight$", "./cmd/cacheops"}, Want: "--- FAIL: TestDoctorNoticesEachRight",
	},
}
