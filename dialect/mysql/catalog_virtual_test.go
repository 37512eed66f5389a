package mysql

import "testing"

// What a virtual column is computed of is the same to all sessions, or it is not.
func TestAlike(t *testing.T) {
	t.Parallel()
	kinds := catalogKinds{unlike: []string{"at"}, unsigned: []string{"u"}}
	for _, text := range []string{
		"(`a` + 1)", "`a` - `b`", "`a` - 1", "-`a`", "`u` + 1", "concat(`a`,'x-y')", "`a` < `u`", "`a` - 1.5", "cast(`a` as signed) - 1", "if(`a` > 2,NULL,`b`)", `concat(\'it\',a)`,
	} {
		if !catalogAlike(text, kinds) {
			t.Errorf("%s is not the same to all sessions", text)
		}
	}
	for _, text := range []string{
		"`at`", "`at` + 0", "`t`.`at` = `a`", "`a` / 2", "cast(`a` as date)", "dayname(`a`)", "`a` - interval 1 day", "",
		// A difference without a sign.
		"`a` - `u`", "-`u`", "cast(`a` as unsigned) - 1", "(`a` & 3) - 5", "(`a` << 1) - 5", "~`a` - 1", "crc32(`a`) - 1", "`a` - 9223372036854775808", "`a` - 0x10", "`a` - b'1'",
	} {
		if catalogAlike(text, kinds) {
			t.Errorf("%s is the same to all sessions", text)
		}
	}
}
