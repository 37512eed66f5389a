package mysql

import "testing"

// TestSpellings: names of sources that differ in the case of letters alone are not taken
// for one another.
func TestSpellings(t *testing.T) {
	t.Parallel()
	for text, pure := range map[string]bool{
		"SELECT * FROM t AS a JOIN u AS b ON a.id = b.id":                                     true,
		"SELECT * FROM t AS a JOIN t AS a2 ON a.id = A2.id":                                   true,
		"SELECT * FROM t WHERE EXISTS (SELECT 1 FROM t WHERE id = 2)":                         true,
		"SELECT * FROM u AS T WHERE EXISTS (SELECT 1 FROM v AS t WHERE T.id = 1 AND t.x = 2)": false,
		"SELECT * FROM u AS T WHERE EXISTS (SELECT 1 FROM t WHERE T.id = 1)":                  false,
		"SELECT * FROM t AS A, t AS a WHERE A.id = 1":                                         false,
		"SELECT * FROM (SELECT 1 AS x) AS D JOIN t AS d ON D.x = d.x":                         false,
		"SELECT x FROM T UNION SELECT x FROM t":                                               false,
		"WITH c AS (SELECT 1 FROM u AS A) SELECT * FROM c JOIN t AS a ON a.id = 1":            false,
	} {
		if st := Parse(text); (st.Volatile == "") != pure || st.Query == nil {
			t.Errorf("%s: %q", text, st.Volatile)
		}
	}
}
