package mysql

import "testing"

// TestGrants reads what SHOW GRANTS says, in the words of MySQL and of MariaDB.
func TestGrants(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		lines         []string
		trigger, sees bool // TRIGGER on shop.t; all tables of shop are seen
	}{
		{"nothing", nil, false, false},
		{"USAGE", []string{"GRANT USAGE ON *.*"}, false, false},
		{"everything", []string{"GRANT ALL PRIVILEGES ON *.*"}, true, true},
		{"no accounts", []string{""}, true, true},
		{"listed", []string{"GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON *.*"}, true, true},
		{"dynamic", []string{"GRANT APPLICATION_PASSWORD_ADMIN,AUDIT_ADMIN ON *.*"}, false, false},
		{"database", []string{"GRANT USAGE ON *.*", "GRANT ALL PRIVILEGES ON `shop`.*"}, true, true},
		{"database without quotes", []string{"GRANT ALL PRIVILEGES ON shop.*"}, true, true},
		{"another database", []string{"GRANT ALL PRIVILEGES ON `other`.*"}, false, false},
		{"without TRIGGER", []string{"GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.*"}, false, true},
		{"a pattern", []string{"GRANT ALL PRIVILEGES ON `sh%`.*"}, true, true},
		{"a pattern of one character", []string{"GRANT ALL PRIVILEGES ON `sho_`.*"}, true, true},
		{"no pattern", []string{"GRANT ALL PRIVILEGES ON `sho\\_`.*"}, false, false},
		{"two patterns", []string{"GRANT ALL PRIVILEGES ON `sh%`.*", "GRANT SELECT ON `shop`.*"}, false, true},
		{"two roles", []string{"GRANT SELECT ON `shop`.*", "GRANT TRIGGER ON `shop`.*", "GRANT `writers`@`%`"}, true, true},
		{"the table", []string{"GRANT SELECT, TRIGGER ON `shop`.`t`"}, true, false},
		{"the table and the database", []string{"GRANT TRIGGER ON `shop`.`T`", "GRANT SELECT ON `shop`.*"}, true, true},
		{"another table", []string{"GRANT TRIGGER ON `shop`.`u`"}, false, false},
		{"columns", []string{"GRANT SELECT (`a`, `TRIGGER`), INSERT (a) ON `shop`.`t`"}, false, false},
		{"a routine", []string{"GRANT ALL PRIVILEGES ON PROCEDURE `shop`.`t`", "GRANT EXECUTE ON FUNCTION `shop`.`t`"}, false, false},
		{"a proxy", []string{"GRANT PROXY ON ''@'%'"}, false, false},
		{"revoked", []string{"GRANT SELECT, TRIGGER ON *.*", "REVOKE TRIGGER ON `shop`.*"}, false, true},
		{"revoked elsewhere", []string{"GRANT SELECT, TRIGGER ON *.*", "REVOKE TRIGGER ON `other`.*"}, true, true},
		{"all revoked", []string{"GRANT ALL PRIVILEGES ON *.*", "REVOKE ALL PRIVILEGES ON `shop`.*"}, false, false},
		{"a name like the words around it", []string{"GRANT SELECT ON `a ON b`.*", "GRANT TRIGGER ON `x`.`y.*`"}, false, false},
		{"a quote in a name", []string{"GRANT ALL PRIVILEGES ON `sh``op`.*"}, false, false},
		{"not understood", []string{"GRANT TRIGGER ON `shop"}, false, false},
		{"denied", []string{"DENY TRIGGER ON *.*"}, false, false},
	} {
		g := grantsParse(test.lines)
		if got := g.onTable("Shop", "t", "TRIGGER"); got != test.trigger {
			t.Errorf("%s: TRIGGER %v", test.name, got)
		}
		if got := g.sees("shop"); got != test.sees {
			t.Errorf("%s: sees %v", test.name, got)
		}
	}
}
