package postgres

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// In a database whose encoding has one code for two characters texts that differ may
// be equal, so nothing of it is cached.
func TestSessionOfOtherEncoding(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"CREATE DATABASE session_euc ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0",
		"CREATE DATABASE session_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
	} {
		if _, err := server.SQL("postgres", text); err != nil {
			t.Fatal(err)
		}
	}
	eachDriver(t, func(t *testing.T, driverName string) {
		s := openCatalogConn(t, driverName, server.DSN("session_euc")+"&client_encoding=UTF8").session(t)
		if s.Taint != dialect.TaintAll || !strings.HasPrefix(s.Why, "server_encoding is EUC_JP") {
			t.Errorf("EUC_JP: %+v", s)
		}
		if s := openCatalogConn(t, driverName, server.DSN("session_latin")+"&client_encoding=UTF8").session(t); s.Taint != 0 {
			t.Errorf("LATIN1: %+v", s)
		}
	})
}
